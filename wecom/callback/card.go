package callback

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// cardNames are the elements whose names are not those of the JSON in CamelCase (path/90241).
var cardNames = map[string]string{
	"keyname": "KeyName", "appid": "AppId", "pagepath": "PagePath", "userid": "UserId", "checkbox": "CheckBox",
}

// cardName is the element of a JSON field: icon_url is IconUrl.
func cardName(field string) string {
	if name, ok := cardNames[field]; ok {
		return name
	}
	var b strings.Builder
	for part := range strings.SplitSeq(field, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// writeCard writes the fields of a card in the order of its JSON. Lists become repeated elements.
func writeCard(b *strings.Builder, card any) error {
	encoded, err := json.Marshal(card)
	if err != nil {
		return fmt.Errorf("callback: the card: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.UseNumber()
	if first, _ := decoder.Token(); first != json.Delim('{') {
		return fmt.Errorf("callback: the card is not a JSON object")
	}
	return writeFields(b, decoder)
}

// writeFields writes the rest of an object whose brace has been read. json.Marshal made it: it is
// complete.
func writeFields(b *strings.Builder, d *json.Decoder) error {
	for d.More() {
		field, err := d.Token()
		if err != nil {
			return err
		}
		name := cardName(field.(string))
		if !isName(name) {
			return fmt.Errorf("callback: the card has a field %q, which cannot be an XML element", field)
		}
		if name == "TaskId" {
			var skipped json.RawMessage
			if err := d.Decode(&skipped); err != nil {
				return err
			}
			continue
		}
		if err := writeValue(b, d, name); err != nil {
			return err
		}
	}
	_, err := d.Token() // the closing brace
	return err
}

func isName(s string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	return s != "" && strings.Contains(letters, s[:1]) && strings.Trim(s, letters+"0123456789") == ""
}

func writeValue(b *strings.Builder, d *json.Decoder, name string) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			return within(b, name, func() error { return writeFields(b, d) })
		}
		for d.More() {
			if err := writeValue(b, d, name); err != nil {
				return err
			}
		}
		_, err := d.Token() // the closing bracket
		return err
	case string:
		element(b, name, v)
	case json.Number, bool:
		bare(b, name, fmt.Sprint(v))
	}
	return nil // null is nothing
}
