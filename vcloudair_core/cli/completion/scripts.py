"""Completion scripts for bash, zsh and fish."""

from __future__ import annotations

BASH = r"""# Completion of vca for bash. Load it with: source <(vca completion bash)
_vca_complete() {
    local line directive
    COMPREPLY=()
    {
        IFS= read -r directive
        while IFS= read -r line; do COMPREPLY+=("$line"); done
    } < <(_VCA_COMPLETE=bash _VCA_LINE="${COMP_LINE:0:COMP_POINT}" _VCA_BREAKS="$COMP_WORDBREAKS" \
        "${COMP_WORDS[0]}" 2>/dev/null)
    case $directive in
        files) compopt -o default 2>/dev/null ;;
        nospace) compopt -o nospace 2>/dev/null ;;
    esac
}
complete -F _vca_complete vca
"""

ZSH = r"""#compdef vca
# Completion of vca for zsh. Load it with: source <(vca completion zsh)
_vca() {
    local -a lines values shown more
    local line directive
    lines=("${(@f)$(_VCA_COMPLETE=zsh "${words[1]}" "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    directive=${lines[1]}
    lines=("${(@)lines[2,-1]}")
    [[ $directive == files ]] && { _files; return }
    [[ $directive == nospace ]] && more=(-S '')
    for line in "${lines[@]}"; do
        [[ -z $line ]] && continue
        values+=("${line%%$'\t'*}")
        if [[ $line == *$'\t'* ]]; then
            shown+=("${(r:28:)line%%$'\t'*} ${line#*$'\t'}")
        else
            shown+=("$line")
        fi
    done
    (( ${#values} )) || return 1
    if [[ "${lines[1]}" == *$'\t'* ]]; then
        compadd "${more[@]}" -l -d shown -a values
    else
        compadd "${more[@]}" -a values
    fi
}
if [[ "${funcstack[1]}" == _vca ]]; then
    _vca "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
    compdef _vca vca
fi
"""

FISH = r"""# Completion of vca for fish. Load it with: vca completion fish | source
function __vca_complete
    set -l before (commandline -opc)
    set -l current (string unescape -- (commandline -ct) | string collect)
    set -l lines (_VCA_COMPLETE=fish $before[1] $before[2..-1] "$current" 2>/dev/null)
    if test "$lines[1]" = files
        __fish_complete_path "$current"
        return
    end
    set -e lines[1]
    string join \n -- $lines
end
complete -c vca -f -a '(__vca_complete)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
