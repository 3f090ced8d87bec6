package command

import (
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

const maxSecretBytes = 4096

// secret reads the app's secret: from the file of the flag, or as the environment says.
func (n *connection) secret(cmd *cobra.Command, getenv func(string) string) (string, error) {
	path, secret := n.secretFile, strings.TrimSpace(getenv("HONGYAN_SECRET"))
	if path == "" {
		path = getenv("HONGYAN_SECRET_FILE")
		if path != "" && secret != "" {
			return "", usage(cmd, "both HONGYAN_SECRET and HONGYAN_SECRET_FILE are set").
				hint("unset one of them", "请去掉其中一个")
		}
	}
	if path == "" {
		return secret, nil
	}
	return readSecret("secret", path,
		"--secret-file or HONGYAN_SECRET_FILE names a file with nothing but the app's Secret in it",
		"--secret-file 或 HONGYAN_SECRET_FILE 应指向只含应用 Secret 的文件")
}

// readSecret reads a file that holds one secret and nothing else.
func readSecret(what, path, en, zh string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", failed("%s file: %w", what, err).hint(en, zh)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSecretBytes+1))
	if err != nil {
		return "", failed("%s file: %w", what, err)
	}
	secret := strings.TrimSpace(strings.TrimPrefix(string(data), "\ufeff")) // some editors begin a file so
	holds := ""
	switch {
	case secret == "":
		holds = "nothing"
	case len(data) > maxSecretBytes, strings.ContainsAny(secret, " \t\r\n"):
		holds = "more than a secret"
	default:
		return secret, nil
	}
	return "", failed("%s file: %s holds %s", what, path, holds).hint(
		"it should be there alone, in one line", "文件中应只有一行")
}
