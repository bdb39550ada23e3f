/* cmd_completion.c: pmpo completion: scripts by which shells complete commands,
 * options, the words that options take, names of models, and files. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common.h"

/* Prints one name a line, for a shell to offer. */
#define MODELS "pmpo models list 2>/dev/null | sed -n 's/^\\([^ ][^ ]*\\) .*/\\1/p'"

/* ---- what an option takes ------------------------------------------------------ */

typedef enum value_kind {
    VALUE_NONE,
    VALUE_WORDS,
    VALUE_MODEL,
    VALUE_FILE,
    VALUE_OTHER,
} value_kind;

static value_kind kind_of(const option_row *r)
{
    static const char *const files[] = {"FILE", "RUN", "PROMPT", "TEXT", "PREFIX",
                                        "FILE|N|SHARE"};
    if (r->type == OPT_SWITCH) {
        return VALUE_NONE;
    }
    if (r->type == OPT_WORD) {
        return VALUE_WORDS;
    }
    if (!strcmp(r->arg, "MODEL")) {
        return VALUE_MODEL;
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        if (!strcmp(r->arg, files[i])) {
            return VALUE_FILE;
        }
    }
    return VALUE_OTHER;
}

/* "a|b|c" as "a b c". */
static void put_words(const char *words)
{
    for (; *words; words++) {
        putchar(*words == '|' ? ' ' : *words);
    }
}

/* `s` inside single quotes of a POSIX shell or, `fish`, of fish. */
static void put_quoted(const char *s, bool fish)
{
    putchar('\'');
    for (; *s; s++) {
        if (*s == '\'') {
            fputs(fish ? "\\'" : "'\\''", stdout);
        } else if (fish && *s == '\\') {
            fputs("\\\\", stdout);
        } else {
            putchar(*s);
        }
    }
    putchar('\'');
}

/* ---- groups of commands: models, data ------------------------------------------- */

static size_t group_length(const command *c)
{
    const char *blank = strchr(c->name, ' ');
    return blank ? (size_t)(blank - c->name) : 0;
}

/* Is c the first of its group? */
static bool leads_group(size_t i)
{
    size_t n = group_length(&commands[i]);
    for (size_t k = 0; k < i; k++) {
        if (n > 0 && group_length(&commands[k]) == n
            && !strncmp(commands[k].name, commands[i].name, n)) {
            return false;
        }
    }
    return n > 0;
}

/* First words, each once. */
static void put_first_words(void)
{
    for (size_t i = 0; i < n_commands; i++) {
        size_t n = group_length(&commands[i]);
        if (n == 0) {
            printf("%s ", commands[i].name);
        } else if (leads_group(i)) {
            printf("%.*s ", (int)n, commands[i].name);
        }
    }
    fputs("help", stdout);
}

/* Second words of the group that command `first` leads. */
static void put_second_words(size_t first)
{
    size_t n = group_length(&commands[first]);
    for (size_t i = first; i < n_commands; i++) {
        if (group_length(&commands[i]) == n
            && !strncmp(commands[i].name, commands[first].name, n)) {
            printf("%s%s", i == first ? "" : " ", commands[i].name + n + 1);
        }
    }
}

/* ---- bash ---------------------------------------------------------------------------- */

static void put_bash_command(const command *c)
{
    printf("    '%s') options='", c->name);
    for (size_t i = 0; i < n_option_rows; i++) {
        const option_row *r = &option_rows[i];
        if (r->commands & c->id) {
            printf("--%s ", r->name);
        }
    }
    fputs("' ;;\n", stdout);
}

static void put_bash_values(const command *c)
{
    for (size_t i = 0; i < n_option_rows; i++) {
        const option_row *r = &option_rows[i];
        value_kind kind = kind_of(r);
        if (!(r->commands & c->id) || kind == VALUE_NONE) {
            continue;
        }
        printf("    '%s --%s'", c->name, r->name);
        if (r->letter) {
            printf("|'%s -%c'", c->name, r->letter);
        }
        if (kind == VALUE_WORDS) {
            fputs(") words='", stdout);
            put_words(r->words);
            fputs("' ;;\n", stdout);
        } else {
            printf(") takes=%s ;;\n", kind == VALUE_MODEL  ? "model"
                                      : kind == VALUE_FILE ? "file"
                                                           : "other");
        }
    }
}

/* What is offered, by what was found out of the words before. */
static void put_bash_end(void)
{
    fputs("    esac\n"
          "    if [ -n \"$words\" ]; then\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
          "    elif [ \"$takes\" = model ]; then\n"
          "        COMPREPLY=($(compgen -W \"$(" MODELS ")\" -- \"$cur\") "
          "$(compgen -f -X '!*.gguf' -- \"$cur\"))\n"
          "    elif [ \"$takes\" = other ]; then\n"
          "        return\n"
          "    elif [ -z \"$takes\" ] && [ \"${cur#-}\" != \"$cur\" ]; then\n"
          "        COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
          "    elif [ \"${cur#@}\" != \"$cur\" ]; then\n"
          "        for word in $(compgen -f -- \"${cur#@}\"); do COMPREPLY+=(\"@$word\"); done\n"
          "    else\n"
          "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
          "    fi\n"
          "}\n"
          "complete -o filenames -F _pmpo pmpo\n", stdout);
}

static void bash(void)
{
    fputs("# bash completion for pmpo; made by `pmpo completion bash`.\n"
          "_pmpo() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local first=${COMP_WORDS[1]} command=${COMP_WORDS[1]} at=1\n"
          "    local options='' words='' takes='' word\n"
          "    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "        COMPREPLY=($(compgen -W '", stdout);
    put_first_words();
    fputs("' -- \"$cur\"))\n        return\n    fi\n    case $first in\n",
          stdout);
    for (size_t i = 0; i < n_commands; i++) {
        if (leads_group(i)) {
            printf("    %.*s)\n        if [ \"$COMP_CWORD\" -eq 2 ]; then\n"
                   "            COMPREPLY=($(compgen -W '",
                   (int)group_length(&commands[i]), commands[i].name);
            put_second_words(i);
            fputs("' -- \"$cur\"))\n            return\n        fi\n"
                  "        command=\"$first ${COMP_WORDS[2]}\" ;;\n", stdout);
        }
    }
    fputs("    esac\n    case $command in\n", stdout);
    for (size_t i = 0; i < n_commands; i++) {
        put_bash_command(&commands[i]);
    }
    fputs("    esac\n    case \"$command $prev\" in\n", stdout);
    for (size_t i = 0; i < n_commands; i++) {
        put_bash_values(&commands[i]);
    }
    put_bash_end();
}

/* ---- zsh ------------------------------------------------------------------------------ */

/* The text of an explanation: colons and brackets are the shell's. */
static void put_zsh_text(const char *s)
{
    for (; *s; s++) {
        if (*s == '\'') {
            fputs("'\\''", stdout);
        } else {
            fputs(strchr(":[]\\", *s) ? "\\" : "", stdout);
            putchar(*s);
        }
    }
}

static void put_zsh_option(const option_row *r)
{
    value_kind kind = kind_of(r);
    const char *many = r->type == OPT_TEXTS ? "*" : "";
    if (r->letter) {
        printf("      '%s'{-%c,--%s}'[", *many ? "*" : "", r->letter, r->name);
    } else {
        printf("      '%s--%s[", many, r->name);
    }
    put_zsh_text(r->help);
    putchar(']');
    if (kind != VALUE_NONE) {
        putchar(':');
        put_zsh_text(r->type == OPT_WORD ? "word" : r->arg);
        putchar(':');
    }
    if (kind == VALUE_WORDS) {
        putchar('(');
        put_words(r->words);
        putchar(')');
    } else if (kind == VALUE_MODEL) {
        fputs("_pmpo_models", stdout);
    } else if (kind == VALUE_FILE) {
        fputs("_files", stdout);
    }
    fputs("' \\\n", stdout);
}

static void zsh(void)
{
    fputs("#compdef pmpo\n# zsh completion for pmpo; made by `pmpo completion "
          "zsh`.\n"
          "_pmpo_models() {\n"
          "  local -a names\n"
          "  names=(${(f)\"$(" MODELS ")\"})\n"
          "  compadd -a names\n"
          "  _files -g '*.gguf'\n"
          "}\n"
          "_pmpo() {\n"
          "  local command=$words[2] n=2\n"
          "  if (( CURRENT == 2 )); then\n    compadd ", stdout);
    put_first_words();
    fputs("\n    return\n  fi\n  case $words[2] in\n", stdout);
    for (size_t i = 0; i < n_commands; i++) {
        if (leads_group(i)) {
            printf("    %.*s)\n      if (( CURRENT == 3 )); then\n"
                   "        compadd ", (int)group_length(&commands[i]),
                   commands[i].name);
            put_second_words(i);
            fputs("\n        return\n      fi\n"
                  "      command=\"$words[2] $words[3]\"; n=3 ;;\n", stdout);
        }
    }
    fputs("  esac\n  words=(pmpo ${words[n+1,-1]}); (( CURRENT -= n - 1 ))\n"
          "  case $command in\n", stdout);
    for (size_t i = 0; i < n_commands; i++) {
        printf("    '%s')\n      _arguments -s \\\n", commands[i].name);
        for (size_t k = 0; k < n_option_rows; k++) {
            if (option_rows[k].commands & commands[i].id) {
                put_zsh_option(&option_rows[k]);
            }
        }
        fputs("      '*:file:_files' ;;\n", stdout);
    }
    fputs("  esac\n}\n_pmpo \"$@\"\n", stdout);
}

/* ---- fish ------------------------------------------------------------------------------ */

/* When this command is the one that is typed. */
static void put_fish_when(const command *c)
{
    size_t n = group_length(c);
    if (n == 0) {
        printf("'__fish_seen_subcommand_from %s'", c->name);
    } else {
        printf("'__fish_seen_subcommand_from %.*s; and "
               "__fish_seen_subcommand_from %s'", (int)n, c->name,
               c->name + n + 1);
    }
}

static void put_fish_option(const command *c, const option_row *r)
{
    value_kind kind = kind_of(r);
    fputs("complete -c pmpo -n ", stdout);
    put_fish_when(c);
    if (r->letter) {
        printf(" -s %c", r->letter);
    }
    printf(" -l %s", r->name);
    if (kind == VALUE_WORDS) {
        fputs(" -x -a '", stdout);
        put_words(r->words);
        putchar('\'');
    } else if (kind == VALUE_MODEL) {
        fputs(" -r -a '(__pmpo_models)'", stdout);
    } else if (kind == VALUE_FILE) {
        fputs(" -r", stdout);
    } else if (kind == VALUE_OTHER) {
        fputs(" -x", stdout);
    }
    fputs(" -d ", stdout);
    put_quoted(r->help, true);
    putchar('\n');
}

static void put_fish_command(size_t i)
{
    const command *c = &commands[i];
    size_t n = group_length(c);
    if (n == 0) {
        printf("complete -c pmpo -n __fish_use_subcommand -f -a %s -d ",
               c->name);
    } else {
        printf("complete -c pmpo -n '__fish_seen_subcommand_from %.*s; and not "
               "__fish_seen_subcommand_from ", (int)n, c->name);
        size_t lead = i;
        while (!leads_group(lead)) {
            lead--;
        }
        put_second_words(lead);
        printf("' -f -a %s -d ", c->name + n + 1);
    }
    put_quoted(c->what, true);
    putchar('\n');
    for (size_t k = 0; k < n_option_rows; k++) {
        if (option_rows[k].commands & c->id) {
            put_fish_option(c, &option_rows[k]);
        }
    }
}

static void fish(void)
{
    fputs("# fish completion for pmpo; made by `pmpo completion fish`.\n"
          "function __pmpo_models\n"
          "    pmpo models list 2>/dev/null | string match -r '^[^ ]+'\n"
          "end\n", stdout);
    for (size_t i = 0; i < n_commands; i++) {
        if (leads_group(i)) {
            printf("complete -c pmpo -n __fish_use_subcommand -f -a %.*s\n",
                   (int)group_length(&commands[i]), commands[i].name);
        }
        put_fish_command(i);
    }
}

static int print_for(const char *shell, pmpo_error *err)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++) {
        if (!strcmp(shells[i].name, shell)) {
            shells[i].print();
            return 0;
        }
    }
    return cli_error(err, PMPO_EUSAGE, "completion: %s: must be bash, zsh or "
                     "fish; see pmpo completion --help", shell);
}

int cmd_completion(const options *o, pmpo_error *err)
{
    return print_for(o->args[0], err);
}
