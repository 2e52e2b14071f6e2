package manual

import "strings"

// Complete tells what may stand in the place of the last of words, which follow the program's name: a line each, with a tab and what
// it does behind it; or ":FILE" or ":DIR" where that is wanted.
func (m Manual) Complete(words []string) string {
	if len(words) == 0 {
		return ""
	}
	words, typed := words[:len(words)-1], words[len(words)-1]
	if typed == "=" { // bash takes "--lang=zh" for three words
		typed = ""
	} else if n := len(words); n > 1 && words[n-1] == "=" {
		words = words[:n-1]
	}
	name, before, text := m.match(words), "", ""
	if len(words) > 0 {
		before = words[len(words)-1]
	}
	if name == strings.Join(words, " ") {
		for _, w := range m.Words(name) {
			text += candidate(w, m.does(name, w), typed)
		}
	}
	for i := range m {
		if m[i].name != name || name == "" {
			continue
		}
		wanted := ""
		for _, l := range strings.Split(m.body(&m[i]), "\n") { //nolint:modernize // SplitSeq is a function more in the terminal's program
			if usage, ok := strings.CutPrefix(l, "usage: "); ok && wanted == "" {
				_, wanted, _ = strings.Cut(usage, name)
				wanted, _, _ = strings.Cut(wanted, "[")
				continue
			}
			if !strings.HasPrefix(l, "  --") {
				continue
			}
			flag, says, _ := strings.Cut(l[2:], "  ")
			flag, arg, _ := strings.Cut(flag, " ")
			if flag == before && arg != "" {
				return offer(arg, typed)
			}
			says, _, _ = strings.Cut(strings.TrimSpace(says), "  ")
			text += candidate(flag, says, typed)
		}
		if wanted = strings.TrimSpace(wanted); wanted != "" && !strings.HasPrefix(typed, "-") {
			text = offer(wanted[strings.LastIndexByte(wanted, ' ')+1:], typed) + text
		}
	}
	return text
}

// does is what the overview says of a command in English, or what is in a group.
func (m Manual) does(group, word string) string {
	name := strings.TrimSpace(group + " " + word)
	for i := range m {
		if m[i].name == name {
			_, says, _ := strings.Cut(m[i].line, "  ")
			says, _, _ = strings.Cut(strings.TrimSpace(says), "  ")
			return says
		}
	}
	return strings.Join(m.Words(name), ", ")
}

// offer is what may stand for an argument.
func offer(arg, typed string) string {
	if arg == "FILE" || arg == "DIR" {
		return ":" + arg + "\n"
	}
	text := ""
	if strings.Contains(arg, "|") {
		for _, w := range strings.Split(arg, "|") { //nolint:modernize // SplitSeq is a function more in the terminal's program
			text += candidate(w, "", typed) //nolint:modernize // three short words
		}
	}
	return text
}

func candidate(word, says, typed string) string {
	if !strings.HasPrefix(word, typed) {
		return ""
	}
	return word + "\t" + says + "\n"
}
