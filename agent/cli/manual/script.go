package manual

import "strings"

// Script teaches a shell to complete the command line of a program called name; "" for a shell that it does not serve: Android's own,
// mksh, cannot be taught. It asks the program itself, by `completion words`, so that it never knows less than the program does.
func Script(name, shell string) string {
	script := ""
	switch shell {
	case "bash":
		script = `# Completion of NAME for bash, made by: NAME completion bash
_FUNC() {
	local word
	COMPREPLY=()
	while IFS=$'\t' read -r word _; do
		case $word in
		:FILE | :DIR)
			compopt -o filenames 2>/dev/null
			[[ $word == :DIR ]] && word=-d || word=-f
			while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$word" -- "${COMP_WORDS[COMP_CWORD]}")
			;;
		*) COMPREPLY+=("$word") ;;
		esac
	done < <("${COMP_WORDS[0]}" completion words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _FUNC NAME
`
	case "zsh":
		script = `#compdef NAME
# Completion of NAME for zsh, made by: NAME completion zsh
_FUNC() {
	local -a list
	list=("${(@f)$("$words[1]" completion words "${(@)words[2,CURRENT]}" 2>/dev/null)}")
	case $list[1] in
	:FILE) _files ;;
	:DIR) _files -/ ;;
	?*) list=("${(@)list/$'\t'/:}"); _describe NAME list ;;
	esac
}
if [[ $funcstack[1] == _FUNC ]]; then _FUNC; else compdef _FUNC NAME; fi
`
	case "fish":
		script = `# Completion of NAME for fish, made by: NAME completion fish
function __FUNC_words
	set -l words (commandline -opc) (commandline -ct)
	set -l list ($words[1] completion words $words[2..-1] 2>/dev/null)
	switch "$list[1]"
		case :FILE
			__fish_complete_path (commandline -ct)
		case :DIR
			__fish_complete_directories (commandline -ct)
		case '?*'
			printf '%s\n' $list
	end
end
complete -c NAME -f -a '(__FUNC_words)'
`
	}
	script = strings.ReplaceAll(script, "FUNC", strings.ReplaceAll(name, "-", "_"))
	return strings.ReplaceAll(script, "NAME", name)
}
