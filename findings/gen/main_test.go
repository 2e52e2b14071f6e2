package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTextsAreWholeAndTextsGoIsFresh: nothing is wrong with the languages' files, and texts.go is what they say.
func TestTextsAreWholeAndTextsGoIsFresh(t *testing.T) {
	want, faults := generate("..")
	require.Empty(t, strings.Join(faults, "\n"))
	got, err := os.ReadFile("../texts.go")
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got), "stale: go generate ./findings")
}

// TestFilesAreTOML: a translator's tools may rely on it, though we read less than TOML.
func TestFilesAreTOML(t *testing.T) {
	for _, l := range languages() {
		content, err := os.ReadFile("../texts/" + l.name + ".toml")
		require.NoError(t, err)
		var theirs map[string]map[string]string
		require.NoError(t, toml.Unmarshal(content, &theirs))
		ours, faults := read(l, l.name, string(content))
		require.Empty(t, faults)
		require.Len(t, theirs, len(ours.entries))
		for _, e := range ours.entries {
			for key, text := range e.texts {
				assert.Equal(t, theirs[e.code][key], text.value)
			}
		}
		for key, most := range l.most {
			assert.Regexp(t, fmt.Sprintf(`# +%s .*%d`, key, most), string(content), "the head of the file tells the limits that are held")
		}
	}
}

const (
	goodEN = "# c\n[one-two]\ntitle = \"Link\"\nmerchant = \"Call “him”.\"\ntechnician = \"Look, wait.\"\n[three]\ntitle = \"Three\"\nmerchant = \"Go.\"\ntechnician = \"Go on.\"\n"
	goodZH = "\ufeff# c\r\n[one-two]\r\ntitle = \"链路\"\r\nmerchant = \"请联系 TMS（24:00）。\"\r\ntechnician = \"看 2 次，等。\"\r\n[three]\ntitle = \"三\"\nmerchant = \"去。\"\ntechnician = \"去吧。\"\n"
)

// try generates from a folder with these files.
func try(t *testing.T, en, zh string) ([]byte, []string) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "texts"), 0o700))
	for name, content := range map[string]string{
		"codes.go":      "package findings\n\nconst (\n\tOneTwo Code = \"one-two\"\n\tThree Code = \"three\"\n)\n",
		"texts/en.toml": en, "texts/zh.toml": zh,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	return generate(dir)
}

func TestGood(t *testing.T) {
	made, faults := try(t, goodEN, goodZH)
	require.Empty(t, faults)
	assert.Contains(t, string(made), "EN: \"Call “him”.\",\n\t\t\tZH: \"请联系 TMS（24:00）。\",")
}

// TestFaults: each slip is told with file, line and code, and nothing is made.
func TestFaults(t *testing.T) {
	const en, zh = "findings/texts/en.toml", "findings/texts/zh.toml"
	for _, row := range []struct {
		name, file, old, now, want string
	}{
		{"a text is missing", en, "merchant = \"Go.\"\n", "", en + ":6: three: merchant is missing"},
		{"a text is empty", zh, `"去。"`, `""`, zh + ":8: three: merchant: is empty: "},
		{"an entry is missing", zh, "[three]\ntitle = \"三\"\nmerchant = \"去。\"\ntechnician = \"去吧。\"\n", "", zh + ": three: no texts for it"},
		{"a code that is none", en, "[three]", "[thirteen]", en + ":6: thirteen: there is no such code in codes.go"},
		{"a code twice", en, "[three]", "[one-two]", en + ":6: one-two: stands twice"},
		{"a key twice", en, "merchant = \"Go.\"", "title = \"Go\"", en + ":8: three: title stands twice"},
		{"a key that is none", en, "merchant = \"Go.\"", "merchants = \"Go.\"", en + ":8: three: merchants: want title, merchant or technician"},
		{"a line that is none", en, `"Go."`, `Go.`, en + `:8: want [code], key = "text" or # comment, and nothing behind it: merchant = Go.`},
		{"a comment behind a text", en, `"Go."`, `"Go." # now`, en + `:8: want [code], key = "text" or # comment, and nothing behind it: merchant = "Go." # now`},
		{"straight quotation marks", en, `“him”`, `"him"`, en + `:4: merchant: a text has no straight quotation mark and no backslash in it: Call "him".`},
		{"a key before every code", en, "# c", "title = \"x\"", en + ":1: title stands before the first [code]"},
		{"too long in English", en, "Three", "T" + strings.Repeat("hree", 15), en + ":7: three: title: has 61 characters, at most 60 fit: T" + strings.Repeat("hree", 15)},
		{"too long in Chinese", zh, "去吧。", strings.Repeat("去", 54) + "。", zh + ":9: three: technician: has 55 characters, at most 54 fit: " + strings.Repeat("去", 54) + "。"},
		{"a straight apostrophe", en, "Go on.", "Don't.", en + ":9: three: technician: write the apostrophe ’: Don't."},
		{"full-width punctuation in English", en, "Go on.", "Go，on.", en + ":9: three: technician: no full-width punctuation in English: Go，on."},
		{"Chinese in English", en, "him”", "him” 他", en + ":4: one-two: merchant: Chinese only between “ and ”: Call “him” 他."},
		{"a space before punctuation", en, "Look, wait.", "Look , wait.", en + ":5: one-two: technician: no space before punctuation: Look , wait."},
		{"no space behind punctuation", en, "Look, wait.", "Look,wait.", en + ":5: one-two: technician: a space after a comma or semicolon: Look,wait."},
		{"no capital", en, "Go.", "go.", en + ":8: three: merchant: begin with a capital letter: go."},
		{"no full stop", en, "Go.", "Go", en + ":8: three: merchant: an advice ends with .: Go"},
		{"a full stop in a title", zh, "三", "三。", zh + ":7: three: title: a title has no 。 at its end: 三。"},
		{"a space at the end", zh, "三", "三 ", zh + ":7: three: title: no spaces at the ends, no two together, none but plain ones: 三 "},
		{"a wide space", zh, "链路", "链\u3000路", zh + ":3: one-two: title: no spaces at the ends, no two together, none but plain ones: 链\u3000路"},
		{"half-width punctuation in Chinese", zh, "次，等", "次,等", zh + ":5: one-two: technician: write full-width punctuation: ，。；：？！（）“”: 看 2 次,等。"},
		{"half-width brackets in Chinese", zh, "（24:00）", "(24:00)", zh + ":4: one-two: merchant: write full-width punctuation: ，。；：？！（）“”: 请联系 TMS(24:00)。"},
		{"Latin against Chinese", zh, "联系 TMS", "联系TMS", zh + ":4: one-two: merchant: a space between Chinese and Latin letters or digits: 请联系TMS（24:00）。"},
		{"Chinese with a space in it", zh, "链路", "链 路", zh + ":3: one-two: title: no space between Chinese characters: 链 路"},
		{"a space beside a comma", zh, "次，等", "次， 等", zh + ":5: one-two: technician: no space beside full-width punctuation: 看 2 次， 等。"},
		{"English in Chinese", zh, "三", "Three", zh + ":7: three: title: nothing Chinese in it: Three"},
		{"a lonely quotation mark", en, "him”", "him", en + ":4: one-two: merchant: a quotation mark has no partner: Call “him."},
		{"a placeholder that one lacks", zh, "去吧", "去 {host} 吧", zh + `:9: three: technician: what is in braces differs: "{host}", and "" in ` + en},
		{"a placeholder that nobody fills", en, "Go on.", "Go on {host}.", en + ":9: three: technician: nothing fills in {host}: Go on {host}."},
		{"a call in one only", zh, "请联系", "请报告", zh + ":4: one-two: merchant: only one of the languages says to call (“call”, “联系”): Call “him”. · 请报告 TMS（24:00）。"},
	} {
		t.Run(row.name, func(t *testing.T) {
			files := map[string]string{en: goodEN, zh: goodZH}
			require.Contains(t, files[row.file], row.old)
			files[row.file] = strings.Replace(files[row.file], row.old, row.now, 1)
			made, faults := try(t, files[en], files[zh])
			assert.Contains(t, faults, row.want)
			assert.Nil(t, made)
		})
	}
	t.Run("out of order", func(t *testing.T) {
		i := strings.Index(goodEN, "[three]")
		_, faults := try(t, goodEN[i:]+strings.TrimPrefix(goodEN[:i], "# c\n"), goodZH)
		assert.Equal(t, []string{en + ":5: one-two: stands out of order; its place is before [three]"}, faults)
	})
	t.Run("no codes", func(t *testing.T) {
		_, faults := generate(t.TempDir())
		assert.Len(t, faults, 1)
	})
}
