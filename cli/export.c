/* export.c: see export.h. */
#include "export.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "json.h"
#include "print.h"

typedef struct source {
    const pmpo_run_view *v;
    const char *path;
} source;

/* ---- the text ---------------------------------------------------------------- */

/* Exactly what the model reads under the best prompt: no newline is added. */
static int put_text_form(const source *s, pmpo_error *err)
{
    const pmpo_run_view *v = s->v;
    if (!*v->rendered_best) {
        return cli_error(err, PMPO_EDATA,
                         "%s does not hold the text with its "
                         "prompt (it was made by an earlier pmpo, or with "
                         "the template place): --format messages has the "
                         "turns",
                         s->path);
    }
    fputs(v->rendered_best, stdout);
    return 0;
}

static bool has_place(pmpo_str text)
{
    return text.len && strstr(text.ptr, "{{prompt}}"); /* docs/templates.md */
}

/* ---- messages ------------------------------------------------------------------ */

/* An example like the run's first with `mark`s, such as "{input}", for what it
 * says; of messages "{turn1}" and so on. `m` has room. With the template
 * place, what has a place for the prompt stays. */
static pmpo_example blank_of(const source *s, const pmpo_example *like,
                             const char *open, const char *close,
                             pmpo_message *m, char (*names)[40])
{
    bool placed = !strcmp(s->v->template_name, "place");
    pmpo_example e = {.n_messages = like ? like->n_messages : 0,
                      .messages = m};
    for (size_t i = 0; i < e.n_messages; i++) {
        snprintf(names[i], sizeof(names[i]), "%sturn%zu%s", open, i + 1, close);
        m[i].role = like->messages[i].role;
        m[i].content = placed && has_place(like->messages[i].content)
                           ? like->messages[i].content
                           : str_of(names[i]);
    }
    snprintf(names[e.n_messages], sizeof(names[0]), "%sinput%s", open, close);
    e.input = placed && has_place(like->input)
                  ? like->input
                  : str_of(names[e.n_messages]);
    return e;
}

static json_t *messages_json(const pmpo_messages *m)
{
    json_t *a = js_array();
    for (size_t i = 0; i < m->n; i++) {
        json_t *o = js_object();
        js_put(o, "role", js_str(m->messages[i].role));
        js_put(o, "content", js_str(m->messages[i].content));
        js_add(a, o);
    }
    return a;
}

/* The best prompt's chat with placeholders between `open` and `close`. */
static int make_messages(const source *s, pmpo_str prompt, const char *open,
                         const char *close, json_t **out, pmpo_error *err)
{
    pmpo_data *d = NULL;
    int rc = pmpo_run_data(s->path, 0, &d, err);
    if (rc < 0) {
        return rc;
    }
    const pmpo_example *like = d ? pmpo_data_example(d, 0) : NULL;
    size_t n = like ? like->n_messages : 0;
    pmpo_message *room = cli_grow(NULL, n + 1, sizeof(*room));
    char(*names)[40] = cli_grow(NULL, n + 1, sizeof(*names));
    pmpo_example e = blank_of(s, like, open, close, room, names);
    pmpo_messages *m = NULL;
    rc = pmpo_prompt_messages(s->v->template_name, prompt, &e, &m, err);
    if (rc == 0) {
        *out = messages_json(m);
    }
    pmpo_messages_free(m);
    cli_free(names);
    cli_free(room);
    pmpo_data_free(d);
    return rc;
}

static int put_messages(const source *s, pmpo_error *err)
{
    json_t *a;
    int rc = make_messages(s, s->v->best.prompt, "{", "}", &a, err);
    if (rc == 0) {
        js_print(a);
    }
    return rc == PMPO_EUSAGE ? cli_error(err, rc, "%s: the template %s has no "
                                         "turns: --format text has its text",
                                         s->path, s->v->template_name)
                             : rc;
}

/* A request's body; of a template without turns, one to complete a text. */
static int put_openai(const source *s, pmpo_error *err)
{
    json_t *o = js_object(), *a = NULL;
    const pmpo_run_view *v = s->v;
    js_put(o, "model", js_text(v->scorer));
    int rc = make_messages(s, v->best.prompt, "{", "}", &a, err);
    if (rc == 0) {
        js_put(o, "messages", a);
    } else if (rc == PMPO_EUSAGE && *v->rendered_best) {
        js_put(o, "prompt", js_text(v->rendered_best));
        rc = 0;
    }
    if (rc < 0) {
        json_decref(o);
        return rc;
    }
    js_print(o);
    return 0;
}

/* ---- DSPy ------------------------------------------------------------------------- */

static json_t *dspy_field(const char *prefix, const char *description)
{
    json_t *o = js_object();
    js_put(o, "prefix", js_text(prefix));
    js_put(o, "description", js_text(description));
    return o;
}

/* The messages between the instruction and the question: a question and its
 * answer in turn. */
static json_t *dspy_demos(const pmpo_messages *m, size_t first)
{
    json_t *demos = js_array();
    for (size_t i = first; i + 2 < m->n; i += 2) {
        json_t *o = js_object();
        js_put(o, "input", js_str(m->messages[i].content));
        js_put(o, "answer", js_str(m->messages[i + 1].content));
        js_add(demos, o);
    }
    return demos;
}

static void put_dspy_state(pmpo_str instruction, json_t *demos)
{
    json_t *o = js_object(), *signature = js_object(), *fields = js_array();
    json_t *metadata = js_object();
    js_add(fields, dspy_field("Input:", "${input}"));
    js_add(fields, dspy_field("Answer:", "${answer}"));
    js_put(signature, "instructions", js_str(instruction));
    js_put(signature, "fields", fields);
    js_put(metadata, "dependency_versions", js_object());
    js_put(o, "traces", js_array());
    js_put(o, "train", js_array());
    js_put(o, "demos", demos);
    js_put(o, "signature", signature);
    js_put(o, "lm", json_null());
    js_put(o, "metadata", metadata);
    js_print(o);
}

/* The state of dspy.Predict("input -> answer"), which its load() reads.
 * Demonstrations as turns are its demos. */
static int put_dspy(const source *s, pmpo_error *err)
{
    const pmpo_example e = {.input = str_of("{input}")};
    pmpo_messages *m = NULL;
    int rc = pmpo_prompt_messages("chat", s->v->best.prompt, &e, &m, err);
    if (rc < 0) {
        return rc;
    }
    static const char system[] = "system";
    bool told = m->n > 0 && m->messages[0].role.len == strlen(system) &&
                !memcmp(m->messages[0].role.ptr, system, strlen(system));
    put_dspy_state(told ? m->messages[0].content : str_of(""),
                   dspy_demos(m, told));
    pmpo_messages_free(m);
    return 0;
}

/* ---- promptfoo ----------------------------------------------------------------------- */

/* Between these stand the names of what an example brings, until the texts
 * around them are made safe. */
#define NAME_BEGINS "\x1e"
#define NAME_ENDS "\x1f"

#define RAW "{% raw %}"
#define END_RAW "{% endraw %}"
#define TAG_BEGINS "{%"
/* A tag's beginning as a value: as text it might be that of an endraw. It has no
 * quotation marks that JSON would escape. */
#define TAG_AS_VALUE "{{ '{%' }}"

static void append(const char *text, size_t n, char *out, size_t room)
{
    size_t at = strlen(out);
    snprintf(out + at, room - at, "%.*s", (int)n, text);
}

/* Is something in text[0..n) a template's, or half of it at the end? */
static bool has_braces(const char *text, size_t n)
{
    bool braces = n > 0 && text[n - 1] == '{';
    for (size_t i = 0; i + 1 < n; i++) {
        const char *c = text + i;
        braces |= c[0] == '{' && (c[1] == '{' || c[1] == '%' || c[1] == '#');
    }
    return braces;
}

/* Appends text[0..n) so that its own braces are no template's. */
static void put_raw(const char *text, size_t n, char *out, size_t room)
{
    static const char between[] = END_RAW TAG_AS_VALUE RAW;
    if (!has_braces(text, n)) {
        append(text, n, out, room);
        return;
    }
    append(RAW, strlen(RAW), out, room);
    for (size_t i = 0, from = 0; i <= n; i++) {
        bool tag = i + 1 < n && !strncmp(text + i, TAG_BEGINS, 2);
        if (tag || i == n) {
            append(text + from, i - from, out, room);
        }
        if (tag) {
            append(between, strlen(between), out, room);
            from = i + 2;
            i++;
        }
    }
    append(END_RAW, strlen(END_RAW), out, room);
}

/* A message's content as promptfoo's template; the caller's to free. */
static char *promptfoo_content(const char *text)
{
    size_t room = strlen(text) + 1, marks = strlen(RAW END_RAW);
    for (const char *c = text; *c; c++) {
        room += *c == *NAME_BEGINS ? marks + 2 : 0;
        room += strncmp(c, TAG_BEGINS, 2) ? 0 : marks + strlen(TAG_AS_VALUE);
    }
    room += marks;
    char *out = cli_grow(NULL, room, 1);
    *out = '\0';
    while (*text) {
        size_t n = strcspn(text, NAME_BEGINS), name;
        put_raw(text, n, out, room);
        text += n;
        if (*text) {
            name = strcspn(++text, NAME_ENDS);
            size_t at = strlen(out);
            snprintf(out + at, room - at, "{{%.*s}}", (int)name, text);
            text += name + (text[name] != '\0');
        }
    }
    return out;
}

/* The prompt's chat as a JSON text that is a template. */
static int promptfoo_chat(const source *s, pmpo_str prompt, char **out,
                          pmpo_error *err)
{
    json_t *a = NULL;
    int rc = make_messages(s, prompt, NAME_BEGINS, NAME_ENDS, &a, err);
    for (size_t i = 0; rc == 0 && i < json_array_size(a); i++) {
        json_t *m = json_array_get(a, i);
        char *own =
            promptfoo_content(json_string_value(json_object_get(m, "content")));
        js_put(m, "content", js_text(own));
        cli_free(own);
    }
    *out = rc == 0 ? json_dumps(a, 0) : NULL;
    if (rc == 0 && !*out) {
        cli_no_memory();
    }
    json_decref(a);
    return rc;
}

static bool is_word(pmpo_str s)
{
    size_t n = 0;
    while (n < s.len && isalnum((unsigned char)s.ptr[n])) {
        n++;
    }
    return n > 0 && n == s.len;
}

/* A word as a JavaScript RegExp that finds it in either case, but not within
 * another one; promptfoo gives no flags. */
static json_t *word_pattern(pmpo_str word)
{
    static const char before[] = "(^|[^A-Za-z0-9])";
    static const char after[] = "([^A-Za-z0-9]|$)";
    size_t room = sizeof(before) + 4 * word.len + sizeof(after);
    char *text = cli_grow(NULL, room, 1);
    size_t n = (size_t)snprintf(text, room, "%s", before);
    for (size_t i = 0; i < word.len; i++) {
        int c = (unsigned char)word.ptr[i];
        if (isalpha(c)) {
            n += (size_t)snprintf(text + n, room - n, "[%c%c]", toupper(c),
                                  tolower(c));
        } else {
            text[n++] = word.ptr[i];
        }
    }
    snprintf(text + n, room - n, "%s", after);
    json_t *pattern = js_text(text);
    cli_free(text);
    return pattern;
}

/* "B" is in nearly every reply: a word has to stand alone. */
static json_t *promptfoo_check(pmpo_str answer)
{
    json_t *check = js_object();
    bool word = is_word(answer);
    js_put(check, "type", js_text(word ? "regex" : "icontains"));
    js_put(check, "value", word ? word_pattern(answer) : js_str(answer));
    return check;
}

static json_t *promptfoo_test(const pmpo_example *e)
{
    json_t *o = js_object(), *vars = js_object(), *checks = js_array();
    pmpo_str answer = pmpo_example_label(e);
    for (size_t i = 0; i < e->n_messages; i++) {
        char name[40];
        snprintf(name, sizeof(name), "turn%zu", i + 1);
        js_put(vars, name, js_str(e->messages[i].content));
    }
    if (e->n_messages == 0) {
        js_put(vars, "input", js_str(e->input));
    }
    js_add(checks, promptfoo_check(answer));
    js_put(o, "description", js_str(e->id));
    js_put(o, "vars", vars);
    js_put(o, "assert", checks);
    return o;
}

/* The part that proves the prompt. The one it was made with would flatter it. */
static int promptfoo_tests(const source *s, json_t *tests, pmpo_error *err)
{
    pmpo_data *d = NULL;
    int rc = pmpo_run_data(s->path, 2, &d, err);
    if (rc == 0 && !d) {
        cli_warn("%s has no test part: the configuration has no tests",
                 s->path);
    }
    for (size_t i = 0; rc == 0 && d && i < pmpo_data_count(d); i++) {
        js_add(tests, promptfoo_test(pmpo_data_example(d, i)));
    }
    pmpo_data_free(d);
    return rc;
}

static int add_promptfoo(const source *s, pmpo_str prompt, const char *label,
                         json_t *prompts, pmpo_error *err)
{
    char *text;
    int rc = promptfoo_chat(s, prompt, &text, err);
    if (rc == 0) {
        json_t *o = js_object();
        js_put(o, "label", js_text(label));
        js_put(o, "raw", js_text(text));
        js_add(prompts, o);
        free(text);
    }
    return rc == PMPO_EUSAGE ? cli_error(err, rc, "%s: the template %s has no "
                                         "turns: promptfoo's providers take "
                                         "chats", s->path, s->v->template_name)
                             : rc;
}

static int put_promptfoo(const source *s, pmpo_error *err)
{
    char provider[300];
    const pmpo_run_view *v = s->v;
    json_t *o = js_object(), *prompts = js_array(), *providers = js_array();
    json_t *tests = js_array();
    snprintf(provider, sizeof(provider), "openai:chat:%s", v->scorer);
    js_add(providers, js_text(provider));
    js_put(o, "description", js_text("start prompt and best prompt of a pmpo "
                                     "run"));
    js_put(o, "prompts", prompts);
    js_put(o, "providers", providers);
    js_put(o, "tests", tests);
    int rc = add_promptfoo(s, v->initial.prompt, "start", prompts, err);
    rc = rc < 0 ? rc : add_promptfoo(s, v->best.prompt, "best", prompts, err);
    rc = rc < 0 ? rc : promptfoo_tests(s, tests, err);
    if (rc < 0) {
        json_decref(o);
        return rc;
    }
    js_print(o);
    return 0;
}

/* ---- lines of JSON --------------------------------------------------------------------- */

static void put_number(json_t *o, const char *name, double v)
{
    if (isfinite(v)) { /* trackers know no null */
        js_put(o, name, json_real(v));
    }
}

static void put_params(const pmpo_run_view *v)
{
    json_t *o = js_object(), *params = js_object();
    for (size_t i = 0; i < v->n_settings; i++) {
        js_put(params, v->setting_names[i], js_text(v->setting_values[i]));
    }
    js_put(o, "kind", js_text("params"));
    js_put(o, "params", params);
    js_print(o);
}

static void put_step(const pmpo_iteration *it)
{
    json_t *o = js_object(), *m = js_object();
    size_t accepted = 0, scored = 0;
    for (size_t i = 0; i < it->n_candidates; i++) {
        accepted += it->candidates[i].fate == PMPO_FATE_ACCEPTED;
        scored += isfinite(it->candidates[i].loss);
    }
    put_number(m, "train_loss_before", it->incumbent_loss);
    put_number(m, "train_loss", it->best_loss);
    put_number(m, "candidates", (double)it->n_candidates);
    put_number(m, "candidates_scored", (double)scored);
    put_number(m, "candidates_accepted", (double)accepted);
    put_number(m, "seconds", it->seconds);
    js_put(o, "kind", js_text("metrics"));
    js_put(o, "step", json_integer(it->index));
    js_put(o, "metrics", m);
    js_print(o);
}

static void put_outcome(json_t *m, const char *which, const pmpo_outcome *x)
{
    const struct {
        const char *name;
        double v;
    } rows[] = {
        {"train_loss", x->train_loss}, {"val_loss", x->val_loss},
        {"test_loss", x->test_loss},
        {"test_right_options", x->test_n_options
                                   ? (double)x->test_n_correct
                                         / (double)x->test_n_options
                                   : NAN},
        {"test_right_answers", x->test_n_answers
                                   ? (double)x->test_n_right
                                         / (double)x->test_n_answers
                                   : NAN},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char name[64];
        snprintf(name, sizeof(name), "%s_%s", which, rows[i].name);
        put_number(m, name, rows[i].v);
    }
}

static void put_end(const pmpo_run_view *v)
{
    json_t *o = js_object(), *m = js_object();
    put_outcome(m, "start", &v->initial);
    put_outcome(m, "best", &v->best);
    put_number(m, "test_gain", v->test_gain);
    put_number(m, "test_gain_low", v->test_gain_low);
    put_number(m, "test_gain_high", v->test_gain_high);
    put_number(m, "rows_scored", (double)v->cost.prefill_tokens);
    put_number(m, "tokens_generated", (double)v->cost.generated_tokens);
    put_number(m, "seconds", v->cost.seconds);
    js_put(o, "kind", js_text("summary"));
    js_put(o, "metrics", m);
    js_put(o, "status", js_text(v->status));
    js_put(o, "verdict", js_text(v->verdict));
    js_put(o, "start_prompt", js_str(v->initial.prompt));
    js_put(o, "best_prompt", js_str(v->best.prompt));
    js_print(o);
}

static int put_jsonl(const source *s, pmpo_error *err)
{
    (void)err;
    put_params(s->v);
    for (size_t i = 0; i < s->v->n_iterations; i++) {
        put_step(&s->v->iterations[i]);
    }
    put_end(s->v);
    return 0;
}

/* ---- CSV ---------------------------------------------------------------------------------- */

/* A field as RFC 4180 has it. */
static void put_field(pmpo_str s, char after)
{
    putchar('"');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"') {
            putchar('"');
        }
        putchar(s.ptr[i]);
    }
    putchar('"');
    putchar(after);
}

static void put_csv_number(double v)
{
    if (isfinite(v)) {
        printf("%.17g", v);
    }
    putchar(',');
}

static void put_csv_row(int iteration, const char *fate, const pmpo_candidate *c)
{
    printf("%d,%d,\"", c->id, iteration);
    for (size_t i = 0; i < c->n_parents; i++) {
        printf(i ? " %d" : "%d", c->parents[i]);
    }
    fputs("\",", stdout);
    put_field(str_of(c->proposer), ',');
    put_field(str_of(fate), ',');
    put_csv_number(c->loss);
    put_csv_number(c->lower_bound);
    put_field(str_of(c->reason), ',');
    put_field(c->prompt, '\n');
}

static int put_csv(const source *s, pmpo_error *err)
{
    (void)err;
    const pmpo_candidate start = {
        .prompt = s->v->initial.prompt, .proposer = "given",
        .loss = s->v->initial.train_loss, .lower_bound = NAN, .reason = ""};
    puts("id,iteration,parents,proposer,fate,loss,lower_bound,reason,prompt");
    put_csv_row(0, "start", &start);
    for (size_t i = 0; i < s->v->n_iterations; i++) {
        const pmpo_iteration *it = &s->v->iterations[i];
        for (size_t k = 0; k < it->n_candidates; k++) {
            const pmpo_candidate *c = &it->candidates[k];
            put_csv_row(it->index, pmpo_fate_name(c->fate), c);
        }
    }
    return 0;
}

/* ---- which ---------------------------------------------------------------------------------- */

int export_run(const pmpo_run *run, const char *path, export_format format,
               pmpo_error *err)
{
    static int (*const forms[])(const source *s, pmpo_error *err) = {
        [EXPORT_TEXT] = put_text_form, [EXPORT_MESSAGES] = put_messages,
        [EXPORT_OPENAI] = put_openai,  [EXPORT_DSPY] = put_dspy,
        [EXPORT_PROMPTFOO] = put_promptfoo, [EXPORT_JSONL] = put_jsonl,
        [EXPORT_CSV] = put_csv};
    const source s = {pmpo_run_describe(run), path};
    return forms[format](&s, err);
}
