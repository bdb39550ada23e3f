/* columns.c: which column of a table, or field of a JSON record, is which
 * field of an example; and what to advise where that can't be told.
 *
 * The names are the caller's, else those of docs/formats.md. Nothing is
 * guessed for reading: a guess only makes the advice. */
#include "data/import.h"

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

static const struct {
    const char *name;
    size_t at; /* of its column's name in pmpo_columns */
} fields[PMPO_N_FIELDS] = {
    {"input", offsetof(pmpo_columns, input)},
    {"target", offsetof(pmpo_columns, target)},
    {"chosen", offsetof(pmpo_columns, chosen)},
    {"rejected", offsetof(pmpo_columns, rejected)},
    {"id", offsetof(pmpo_columns, id)},
    {"answer", offsetof(pmpo_columns, answer)},
    {"options", offsetof(pmpo_columns, options)},
    {"weight", offsetof(pmpo_columns, weight)},
};

/* ---- finding them -------------------------------------------------------- */

static void put_names(pmpo_buf *b, const pmpo_table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        pmpo_buf_puts(b, i ? ", " : "");
        pmpo_buf_put(b, t->names[i]);
    }
}

/* An error with `what` and the names of all columns, for correcting the
 * call. */
static int fail_columns(const pmpo_table *t, pmpo_error *err, const char *what)
{
    pmpo_buf list = {0};
    put_names(&list, t);
    pmpo_str all = pmpo_buf_str(&list);
    int shown = (int)pmpo_utf8_floor(all, 400);
    int rc = list.failed ? pmpo_fail_memory(err)
                         : pmpo_fail(err, PMPO_EDATA, "%s; the %ss are %.*s%s",
                                     what, t->what, shown, all.ptr,
                                     (size_t)shown < all.len ? "..." : "");
    pmpo_buf_release(&list);
    return rc;
}

/* The index of the column `name`; PMPO_NO_COLUMN: there is none. */
static int find_column(const pmpo_table *t, const char *name, size_t *out,
                       pmpo_error *err)
{
    *out = PMPO_NO_COLUMN;
    for (size_t i = 0; i < t->n; i++) {
        if (!pmpo_str_eq(t->names[i], pmpo_str_of(name))) {
            continue;
        }
        if (*out != PMPO_NO_COLUMN) {
            return pmpo_fail(err, PMPO_EDATA,
                             "two %ss are called \"%.200s\"; "
                             "rename one",
                             t->what, name);
        }
        *out = i;
    }
    return 0;
}

const char *pmpo_column_given(const pmpo_columns *given, pmpo_field field)
{
    return *(const char *const *)((const char *)given + fields[field].at);
}

static int find_given(pmpo_table *t, const pmpo_columns *given, pmpo_error *err)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < PMPO_N_FIELDS; i++) {
        const char *name = pmpo_column_given(given, (pmpo_field)i);
        bool may_lack = t->is_record && i >= PMPO_FIELD_ID;
        t->of[i] = PMPO_NO_COLUMN;
        if (name) {
            rc = find_column(t, name, &t->of[i], err);
        }
        if (rc == 0 && name && t->of[i] == PMPO_NO_COLUMN && !may_lack) {
            char what[300];
            snprintf(what, sizeof(what), "no %s \"%.200s\" for the %s", t->what,
                     name, fields[i].name);
            rc = fail_columns(t, err, what);
        }
    }
    return rc;
}

/* The input under one of its usual names. */
static int find_input(pmpo_table *t, pmpo_error *err)
{
    for (const char *const *name = t->inputs; *name; name++) {
        size_t at;
        int rc = find_column(t, *name, &at, err);
        if (rc == 0 && at != PMPO_NO_COLUMN &&
            t->of[PMPO_FIELD_INPUT] != PMPO_NO_COLUMN) {
            char what[200];
            snprintf(what, sizeof(what),
                     "more than one %s can be the input; name it: pmpo data "
                     "import %s FILE --input COLUMN",
                     t->what, t->format);
            rc = fail_columns(t, err, what);
        }
        if (rc < 0) {
            return rc;
        }
        if (at != PMPO_NO_COLUMN) {
            t->of[PMPO_FIELD_INPUT] = at;
        }
    }
    return 0;
}

static bool is_taken(const pmpo_table *t, size_t column)
{
    for (int i = 0; i < PMPO_N_FIELDS; i++) {
        if (t->of[i] == column) {
            return true;
        }
    }
    return false;
}

/* Columns that have a field's name, unless they are something else already.
 * Who names a target wants no pairs, and the other way round. */
static int find_by_name(pmpo_table *t, pmpo_error *err)
{
    const size_t *of = t->of;
    bool target = of[PMPO_FIELD_TARGET] != PMPO_NO_COLUMN;
    bool pair = of[PMPO_FIELD_CHOSEN] != PMPO_NO_COLUMN ||
                of[PMPO_FIELD_REJECTED] != PMPO_NO_COLUMN;
    for (int i = PMPO_FIELD_TARGET; i < PMPO_N_FIELDS; i++) {
        size_t at;
        bool is_pair = i == PMPO_FIELD_CHOSEN || i == PMPO_FIELD_REJECTED;
        bool other_kind = (i == PMPO_FIELD_TARGET && pair) ||
                          (is_pair && target);
        if (of[i] != PMPO_NO_COLUMN || other_kind) {
            continue;
        }
        int rc = find_column(t, fields[i].name, &at, err);
        if (rc < 0) {
            return rc;
        }
        bool free_one = at != PMPO_NO_COLUMN && !is_taken(t, at);
        t->of[i] = free_one ? at : PMPO_NO_COLUMN;
    }
    return 0;
}

int pmpo_columns_find(pmpo_table *t, const pmpo_columns *given, pmpo_error *err)
{
    int rc = find_given(t, given, err);
    if (rc == 0 && t->of[PMPO_FIELD_INPUT] == PMPO_NO_COLUMN) {
        rc = find_input(t, err);
    }
    return rc < 0 ? rc : find_by_name(t, err);
}

static bool has_output(const pmpo_table *t)
{
    return t->of[PMPO_FIELD_TARGET] != PMPO_NO_COLUMN ||
           t->of[PMPO_FIELD_CHOSEN] != PMPO_NO_COLUMN;
}

bool pmpo_columns_suffice(const pmpo_table *t)
{
    return t->of[PMPO_FIELD_INPUT] != PMPO_NO_COLUMN && has_output(t);
}

/* ---- what they may be ---------------------------------------------------- */

/* Names that people give to columns of inputs and of targets. */
static const char *const like_input[] = {"input",    "prompt",      "question",
                                         "text",     "sentence",    "message",
                                         "query",    "instruction", "content",
                                         "document", "review",      "utterance",
                                         "email",    "title",       "body",
                                         "context",  NULL};
static const char *const like_target[] = {"target",   "label",    "answer",
                                          "output",   "response", "completion",
                                          "category", "class",    "sentiment",
                                          "intent",   "tag",      "expected",
                                          "gold",     "solution", NULL};
/* Names of outputs, of which pairs have two. */
static const char *const like_output[] = {"response", "completion",
                                          "output",   "answer",
                                          "reply",    "generation",
                                          NULL};
static const char *const like_chosen[] = {"chosen", "preferred", "accepted",
                                          "better", "good",      "winning",
                                          "winner", NULL};
static const char *const like_rejected[] = {"rejected", "dispreferred", "worse",
                                            "bad",      "losing",       "loser",
                                            NULL};
/* Names of columns that say which output is better, or whether one is good. */
static const char *const like_flag[] = {"winner",     "better", "preferred",
                                        "preference", "label",  NULL};

/* Is `word`, of small letters, one of the words of `name`? */
static bool has_word(pmpo_str name, const char *word)
{
    size_t n = strlen(word);
    for (size_t at = 0; at + n <= name.len; at++) {
        size_t same = 0;
        while (same < n && pmpo_lower(name.ptr[at + same]) == word[same]) {
            same++;
        }
        if (same == n && (at == 0 || !pmpo_is_letter(name.ptr[at - 1])) &&
            (at + n == name.len || !pmpo_is_letter(name.ptr[at + n]))) {
            return true;
        }
    }
    return false;
}

static bool is_likely(const pmpo_table *t, size_t column)
{
    return !t->likely || t->likely[column];
}

/* The column that has one of `names` in its own, other than `other`;
 * PMPO_NO_COLUMN: there is none. */
static size_t guess_word(const pmpo_table *t, const char *const *names,
                         size_t other)
{
    for (; *names; names++) {
        for (size_t i = 0; i < t->n; i++) {
            if (i != other && is_likely(t, i) &&
                has_word(t->names[i], *names)) {
                return i;
            }
        }
    }
    return PMPO_NO_COLUMN;
}

/* The same; else, of two columns, the one that is left. */
static size_t guess(const pmpo_table *t, const char *const *names, size_t other)
{
    size_t found = guess_word(t, names, other);
    if (found != PMPO_NO_COLUMN) {
        return found;
    }
    bool one_left = t->n == 2 && other < 2 && !is_taken(t, 1 - other) &&
                    is_likely(t, 1 - other);
    return one_left ? 1 - other : PMPO_NO_COLUMN;
}

void pmpo_put_word(pmpo_buf *b, pmpo_str word)
{
    bool plain = word.len > 0 && (word.ptr[0] != '-' || word.len == 1);
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.ptr[i];
        plain &= pmpo_is_digit(c) || pmpo_is_letter(c) || c == '_' ||
                 c == '-' || c == '.' || c == '/' || c >= 0x80;
    }
    pmpo_buf_puts(b, plain ? " " : " '");
    for (size_t i = 0; i < word.len; i++) {
        if (!plain && word.ptr[i] == '\'') {
            pmpo_buf_puts(b, "'\\''");
        } else {
            pmpo_buf_putc(b, word.ptr[i]);
        }
    }
    pmpo_buf_puts(b, plain ? "" : "'");
}

static void put_option(pmpo_buf *b, const char *option, pmpo_str column)
{
    pmpo_buf_puts(b, option);
    pmpo_put_word(b, column);
}

/* What a table without target and chosen may have in their place. */
typedef struct outputs {
    size_t target;           /* PMPO_NO_COLUMN: can't be told */
    size_t chosen, rejected; /* both, or neither */
    /* Where none of these can be told, if `first` is there: one output or two,
     * and perhaps the column that says which is better, or if it is good. */
    size_t first, second, flag;
} outputs;

static bool is_word(pmpo_str name, const char *const *words)
{
    while (*words && !pmpo_str_alike(name, pmpo_str_of(*words))) {
        words++;
    }
    return *words != NULL;
}

static bool has_a_word(pmpo_str name, const char *const *words)
{
    while (*words && !has_word(name, *words)) {
        words++;
    }
    return *words != NULL;
}

/* Sets first, second and flag. A column with just an output's name counts
 * alone: "answer_type" beside "answer" is none. */
static void find_outputs(const pmpo_table *t, size_t input, outputs *o)
{
    size_t plain = 0;
    for (size_t i = 0; i < t->n; i++) {
        plain += i != input && is_likely(t, i) &&
                 is_word(t->names[i], like_output);
    }
    for (size_t i = 0; i < t->n; i++) {
        bool output = plain ? is_word(t->names[i], like_output)
                            : has_a_word(t->names[i], like_output);
        if (i == input || !is_likely(t, i)) {
            continue;
        }
        if (!output) {
            bool flag = o->flag == PMPO_NO_COLUMN &&
                        has_a_word(t->names[i], like_flag);
            o->flag = flag ? i : o->flag;
        } else if (o->first == PMPO_NO_COLUMN) {
            o->first = i;
        } else if (o->second == PMPO_NO_COLUMN) {
            o->second = i;
        }
    }
}

/* Pairs go first: of two outputs, or one that a flag may call bad, none is the
 * target. */
static outputs guess_outputs(const pmpo_table *t, size_t input)
{
    const size_t no = PMPO_NO_COLUMN;
    outputs o = {no, no, no, no, no, no};
    size_t bad = guess_word(t, like_rejected, input);
    size_t good = guess_word(t, like_chosen, input);
    if (good != no && bad != no && good != bad) {
        o.chosen = good;
        o.rejected = bad;
        return o;
    }
    find_outputs(t, input, &o);
    if (o.first == no || (o.second == no && o.flag == no)) {
        o = (outputs){guess(t, like_target, input), no, no, no, no, no};
    }
    return o;
}

/* Puts what is to be done about outputs of which none is known to be right;
 * false: there are none. */
static bool put_undecided(pmpo_buf *b, const pmpo_table *t)
{
    size_t input = t->of[PMPO_FIELD_INPUT];
    input = input == PMPO_NO_COLUMN ? guess(t, like_input, input) : input;
    const outputs o = guess_outputs(t, input);
    if (has_output(t) || o.first == PMPO_NO_COLUMN) {
        return false;
    }
    pmpo_str a = t->names[o.first];
    pmpo_str c = o.second == PMPO_NO_COLUMN ? a : t->names[o.second];
    pmpo_str flag = o.flag == PMPO_NO_COLUMN ? a : t->names[o.flag];
    if (o.flag == PMPO_NO_COLUMN) {
        pmpo_buf_printf(b,
                        "both \"%.*s\" and \"%.*s\" may be outputs: name "
                        "the right one with --target COLUMN of `pmpo data "
                        "import %s`, or the better one with --chosen COLUMN "
                        "and the other with --rejected COLUMN",
                        pmpo_shown(a), a.ptr, pmpo_shown(c), c.ptr, t->format);
    } else if (o.second == PMPO_NO_COLUMN) {
        pmpo_buf_printf(b,
                        "\"%.*s\" may say whether \"%.*s\" is a good "
                        "output: then write a file of the good ones, or with "
                        "%ss chosen and rejected, first; else name the target "
                        "with --target COLUMN of `pmpo data import %s`",
                        pmpo_shown(flag), flag.ptr, pmpo_shown(a), a.ptr,
                        t->what, t->format);
    } else {
        pmpo_buf_printf(b,
                        "\"%.*s\" seems to say which of \"%.*s\" and "
                        "\"%.*s\" is better: write a file that has the "
                        "better one as chosen and the other as rejected first",
                        pmpo_shown(flag), flag.ptr, pmpo_shown(a), a.ptr,
                        pmpo_shown(c), c.ptr);
    }
    return true;
}

/* AlpacaEval's judgements have an importer of their own. */
static bool is_alpaca_eval(const pmpo_table *t)
{
    static const char *const marks[] = {"output_1", "output_2", "preference"};
    int n = 0;
    for (size_t i = 0; t->is_record && i < t->n; i++) {
        for (int m = 0; m < 3; m++) {
            n += pmpo_str_eq(t->names[i], pmpo_str_of(marks[m]));
        }
    }
    return n == 3;
}

/* The command's columns; false: they can't be told. */
static bool put_columns(pmpo_buf *b, const pmpo_table *t, bool is_chat)
{
    const size_t no = PMPO_NO_COLUMN;
    size_t input = t->of[PMPO_FIELD_INPUT];
    bool asks_output = !has_output(t) && !is_chat;
    outputs o = {no, no, no, no, no, no};
    if (input == no) {
        input = guess(t, like_input, t->of[PMPO_FIELD_TARGET]);
    }
    if (asks_output) {
        o = guess_outputs(t, input);
    }
    if (input == no && o.target != no) {
        input = guess(t, like_input, o.target);
    }
    if (input == no || (asks_output && o.target == no && o.chosen == no)) {
        return false;
    }
    if (!t->is_joined && !is_chat) {
        put_option(b, " --input", t->names[input]);
    }
    if (o.chosen != no) {
        put_option(b, " --chosen", t->names[o.chosen]);
        put_option(b, " --rejected", t->names[o.rejected]);
    } else if (asks_output) {
        put_option(b, " --target", t->names[o.target]);
    }
    return true;
}

bool pmpo_columns_command(const pmpo_table *t, bool is_chat, pmpo_buf *b)
{
    bool alpaca = !has_output(t) && is_alpaca_eval(t);
    pmpo_buf columns = {0};
    bool known = alpaca || put_columns(&columns, t, is_chat);
    if (known) {
        pmpo_buf_printf(b, "pmpo data import %s",
                        alpaca ? "alpaca-eval" : t->format);
        pmpo_put_word(b, pmpo_str_of(t->file));
        pmpo_buf_put(b, pmpo_buf_str(&columns));
        pmpo_buf_puts(b, " -o data.jsonl");
    }
    b->failed |= columns.failed;
    pmpo_buf_release(&columns);
    return known;
}

/* "no column is called input, prompt or question" */
static void put_lack(pmpo_buf *b, const pmpo_table *t)
{
    pmpo_buf_printf(b, "no %s is called ", t->what);
    if (t->of[PMPO_FIELD_INPUT] != PMPO_NO_COLUMN) {
        pmpo_buf_puts(b, "target or chosen");
        return;
    }
    for (size_t i = 0; t->inputs[i]; i++) {
        pmpo_buf_puts(b, i == 0 ? "" : t->inputs[i + 1] ? ", " : " or ");
        pmpo_buf_puts(b, t->inputs[i]);
    }
}

int pmpo_columns_advise(const pmpo_table *t, pmpo_error *err)
{
    pmpo_buf b = {0}, what = {0};
    put_lack(&b, t);
    bool known = pmpo_columns_command(t, false, &what);
    int rc = 0;
    if (!known && !put_undecided(&what, t)) {
        pmpo_buf_printf(&what,
                        "say which it is with --input COLUMN --target COLUMN "
                        "of `pmpo data import %s`",
                        t->format);
    }
    pmpo_buf_puts(&b, known ? ": try `" : ": ");
    pmpo_buf_put(&b, pmpo_buf_str(&what));
    pmpo_buf_puts(&b, known ? "`" : "");
    if (b.failed || what.failed) {
        rc = pmpo_fail_memory(err);
    } else {
        rc = known ? pmpo_fail(err, PMPO_EDATA, "%s", b.ptr)
                   : fail_columns(t, err, b.ptr);
    }
    pmpo_buf_release(&b);
    pmpo_buf_release(&what);
    return rc;
}

/* Has it columns that are no field yet; and, of those, ones that may be? */
static bool has_others(const pmpo_table *t, bool likely)
{
    size_t i = 0;
    while (i < t->n && (is_taken(t, i) || (likely && !is_likely(t, i)))) {
        i++;
    }
    return i < t->n;
}

int pmpo_columns_hint(const pmpo_table *t, bool is_chat, pmpo_error *err)
{
    pmpo_buf b = {0}, what = {0};
    pmpo_buf_puts(&b, err->text);
    if (pmpo_columns_command(t, is_chat, &what)) {
        pmpo_buf_puts(&b, "; or try `");
        pmpo_buf_put(&b, pmpo_buf_str(&what));
        pmpo_buf_puts(&b, "`");
    } else if (put_undecided(&what, t)) {
        pmpo_buf_puts(&b, "; ");
        pmpo_buf_put(&b, pmpo_buf_str(&what));
    } else if (has_others(t, true)) {
        pmpo_buf_printf(&b,
                        "; or say which %ss these are: `pmpo data import %s",
                        t->what, t->format);
        pmpo_put_word(&b, pmpo_str_of(t->file));
        pmpo_buf_puts(&b, " --input COLUMN --target COLUMN -o data.jsonl`; "
                          "there are ");
        put_names(&b, t);
    } else if (has_others(t, false)) { /* misspelt, perhaps */
        pmpo_buf_printf(&b, "; its %ss are ", t->what);
        put_names(&b, t);
    }
    int rc = b.failed || what.failed ? pmpo_fail_memory(err)
                                     : pmpo_fail(err, PMPO_EDATA, "%s", b.ptr);
    pmpo_buf_release(&b);
    pmpo_buf_release(&what);
    return rc;
}

/* ---- their values -------------------------------------------------------- */

/* Texts with "|" between them. */
static json_t *split_options(pmpo_str cell)
{
    json_t *list = json_array();
    for (size_t at = 0; list && at <= cell.len;) {
        size_t end = pmpo_str_find(cell, PMPO_STR("|"), at);
        end = end == SIZE_MAX ? cell.len : end;
        pmpo_str s = pmpo_str_trim(pmpo_str_sub(cell, at, end));
        at = end + 1;
        if (json_array_append_new(list, json_stringn(s.ptr, s.len)) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* The options, a JSON list or split_options; the weight, a JSON number. */
static int put_json(pmpo_fields *f, pmpo_field field, pmpo_str cell,
                    pmpo_error *err)
{
    bool options = field == PMPO_FIELD_OPTIONS;
    if (options && !pmpo_str_starts(cell, PMPO_STR("["))) {
        pmpo_fields_value(f, "options", split_options(cell));
        return 0;
    }
    json_t *v = pmpo_json_read(cell, NULL, err);
    if (v) {
        pmpo_fields_value(f, fields[field].name, v);
        return 0;
    }
    return err->code == PMPO_ENOMEM
               ? PMPO_ENOMEM
               : pmpo_fail(err, PMPO_EDATA, "%s \"%.*s\" is not a %s",
                           fields[field].name, pmpo_shown(cell), cell.ptr,
                           options ? "list of strings" : "number");
}

int pmpo_field_put(pmpo_fields *f, pmpo_field field, pmpo_str cell,
                   pmpo_error *err)
{
    if (field >= PMPO_FIELD_ID && cell.len == 0) {
        return 0; /* missing */
    }
    if (field == PMPO_FIELD_OPTIONS || field == PMPO_FIELD_WEIGHT) {
        return put_json(f, field, cell, err);
    }
    pmpo_fields_text(f, fields[field].name, cell);
    return 0;
}

const char *pmpo_field_name(pmpo_field field)
{
    return fields[field].name;
}
