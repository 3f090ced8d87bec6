package mailmerge

import (
	"bytes"
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestRead(t *testing.T) {
	for _, test := range []struct {
		name, data string
		want       [][]string // the heading, then the lines
	}{
		{"plain", "user,name\nzhangsan,张三\nlisi,李四\n", [][]string{{"user", "name"}, {"zhangsan", "张三"}, {"lisi", "李四"}}},
		{"a byte order mark, CRLF, no last line break", "\ufeffuser,name\r\nzhangsan,张三", [][]string{{"user", "name"}, {"zhangsan", "张三"}}},
		{"quotes", "user,text\nzhangsan,\"a, \"\"b\"\"\nc\"\n", [][]string{{"user", "text"}, {"zhangsan", "a, \"b\"\nc"}}},
		{"tabs", "user\tname\nzhangsan\ta,b\n", [][]string{{"user", "name"}, {"zhangsan", "a,b"}}},
		{"semicolons", "user;name\nzhangsan;a,b\n", [][]string{{"user", "name"}, {"zhangsan", "a,b"}}},
		{"one column, empty lines", " user \n\nzhangsan\n\n", [][]string{{"user"}, {"zhangsan"}}},
	} {
		table, err := Read("people.csv", []byte(test.data))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		got := [][]string{table.Columns}
		for _, line := range table.Lines {
			got = append(got, line.Fields)
		}
		if !slices.EqualFunc(got, test.want, slices.Equal) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestReadTellsWhatIsWrong(t *testing.T) {
	for _, test := range []struct {
		data, want string
		code       Code
	}{
		{"", "people.csv: it is empty", Heading},
		{"\ufeff \n", "people.csv: it is empty", Heading},
		{"user,name\n", "people.csv: it has a heading and no lines", Heading},
		{"user,,name\na,b,c\n", "people.csv:1: the heading has no name for column 2", Heading},
		{"user,name,user\na,b,c\n", `people.csv:1: the heading has the column "user" twice`, Heading},
		{"user,name\nzhangsan,\xd5\xc5\xc8\xfd\n", "people.csv:2: not UTF-8, perhaps GBK: iconv -f GBK -t UTF-8", Encoding},
		{"\xff\xfeu\x00", "people.csv: it is UTF-16, and must be UTF-8: iconv -f UTF-16", Encoding},
		{"user,name\n\"a\nb\",c\nd,e,f\n", "people.csv:4: it has 3 columns, and the heading 2", Broken},
		{"user,name\nd\n", "people.csv:2: it has 1 columns, and the heading 2", Broken},
		{"user,name\na,b\n\"c,d\n", `people.csv:3: a quote " is not at its place`, Broken},
		{"user,name\na,b\"c\n", `people.csv:2: there is a quote " in a field`, Broken},
	} {
		_, err := Read("people.csv", []byte(test.data))
		var wrong *Error
		if !errors.As(err, &wrong) || wrong.Code != test.code || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%q: got %v, want %s", test.data, err, test.want)
		}
	}
}

func TestFill(t *testing.T) {
	table, err := Read("people.csv", []byte("user,姓名,n\nzhangsan,张三,0\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ template, want string }{
		{"你好 {{.姓名}}", "你好 张三"},
		{`{{if eq .n "0"}}none{{else}}{{.n}}{{end}} {{index . "user"}}`, "none zhangsan"},
		{"{{.nme}}", `error: people.csv: --template names the column "nme", and the table has user, 姓名, n`},
		{"{{.nme", "error: --template: --template:1: unclosed action"},
		{`{{index .user 99}}`, `error: people.csv:2: --template:1:2: executing "--template" at <index .user 99>: error calling index`},
		{`{{range 2000000}}x{{end}}`, "error: people.csv:2: the text has more than 1048576 bytes"},
	} {
		got := ""
		fill, err := NewTemplate("--template", test.template, table)
		if err == nil {
			got, err = fill.Fill(table.Lines[0])
		}
		if err != nil {
			got = "error: " + err.Error()
		}
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.template, got, test.want)
		}
	}
}

// TestKeys: a table that is read again has the same keys for the lines that it had before, in whatever
// order; and no two lines have the same.
func TestKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.Custom(func(t *rapid.T) Line {
			return Line{Fields: []string{rapid.SampledFrom([]string{"a", "b", "ab", ""}).Draw(t, "user"), rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "name")}}
		})
		before := &Table{Lines: rapid.SliceOf(line).Draw(t, "before")}
		keys := before.Keys("people.csv")
		if sorted := slices.Sorted(slices.Values(keys)); len(slices.Compact(sorted)) != len(before.Lines) {
			t.Fatalf("two lines have one key: %q", keys)
		}
		after := &Table{Lines: rapid.Permutation(append(slices.Clone(before.Lines), rapid.SliceOf(line).Draw(t, "more")...)).Draw(t, "after")}
		for i, key := range keys {
			if !slices.Contains(after.Keys("people.csv"), key) {
				t.Fatalf("line %q has lost its key", before.Lines[i].Fields)
			}
		}
		for _, key := range after.Keys("another.csv") {
			if slices.Contains(keys, key) {
				t.Fatal("another round has the same key")
			}
		}
	})
}

// FuzzRead: whatever is read is a table whose lines have all columns, and can be written and read again.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"user,name\nzhangsan,张三\n", "\ufeffuser;n\r\n\"a;\"\"\";b\r\n", "user\tname\na\tb", "u,\"x\ny\"\n1,2\n", "\xff\xfe", "user,name\nzhangsan,\xd5\xc5\n", "a\n\"\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := Read("f", data)
		if err != nil {
			var wrong *Error
			if !errors.As(err, &wrong) || !utf8.ValidString(err.Error()) {
				t.Fatalf("error %q", err)
			}
			return
		}
		var out bytes.Buffer
		w := csv.NewWriter(&out)
		_ = w.Write(table.Columns)
		last := 0
		for _, line := range table.Lines {
			if line.Number <= last {
				t.Fatalf("line %d after %d", line.Number, last)
			}
			last = line.Number
			if len(line.Fields) != len(table.Columns) {
				t.Fatalf("line %d has %d fields of %d", line.Number, len(line.Fields), len(table.Columns))
			}
			if len(line.Fields) == 1 && line.Fields[0] == "" {
				return // encoding/csv writes it as an empty line, and passes over those
			}
			_ = w.Write(line.Fields)
		}
		w.Flush()
		if separator(out.Bytes()) != ',' {
			return // one column, whose name has another separator in it
		}
		again, err := Read("f", out.Bytes())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%q", err, &out)
		}
		if !slices.Equal(again.Columns, table.Columns) || len(again.Lines) != len(table.Lines) {
			t.Fatalf("%v\nbecame %v", table, again)
		}
	})
}
