/* shape.c: what targets have in common, as sentences that ask for it.
 *
 * The rules come from the surest to the vaguest; the first that holds for all
 * targets says what an answer is, so a set of labels is never called "one
 * word". Fewer than SHAPE_LEAST targets share too much by chance. */
#include "propose/shape.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "data/data.h"
#include "propose/labels.h"
#include "text/frame.h"
#include "text/language.h"
#include "text/text.h"

#define SHAPE_LEAST 3 /* targets; fewer have a common form by chance */
#define MOST_LABELS                                                            \
    12 /* more would make the sentence a list that nobody reads */
#define MARKER_BYTES 40 /* a longer one is no marker but a phrase of the task */
#define MOST_KEYS 12

typedef struct set {
    pmpo_str *t;   /* [n] targets without white space at their ends */
    pmpo_str *spare; /* [n] for a rule's own use */
    size_t n;
    const pmpo_data *data;
    pmpo_labels labels; /* of the validation part, too */
} set;

static bool all(const set *x, bool (*holds)(pmpo_str))
{
    for (size_t i = 0; i < x->n; i++) {
        if (!holds(x->t[i])) {
            return false;
        }
    }
    return true;
}

static size_t count_words(pmpo_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        n += !pmpo_is_space(s.ptr[i])
             && (i == 0 || pmpo_is_space(s.ptr[i - 1]));
    }
    return n;
}

/* ---- letters of options -------------------------------------------------- */

/* "(A)", "A", "A.": one letter with nothing but signs around it. */
static bool is_lettered(pmpo_str s)
{
    size_t letters = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (pmpo_is_letter(s.ptr[i])) {
            letters++;
        } else if (!strchr("().:", s.ptr[i])) {
            return false;
        }
    }
    return letters == 1 && s.len <= 3;
}

/* Most inputs have to list options under such letters. */
static bool inputs_list(const set *x)
{
    size_t n = 0;
    for (size_t i = 0; i < x->n; i++) {
        const pmpo_example *e = pmpo_data_example(x->data, i);
        n += pmpo_str_find(pmpo_example_input(e), x->t[i], 0) != SIZE_MAX;
    }
    return 2 * n > x->n;
}

static bool say_letter(const set *x, pmpo_buf *out)
{
    if (!all(x, is_lettered) || !inputs_list(x)) {
        return false;
    }
    const char *how = x->t[0].ptr[0] == '(' ? ", in parentheses" : "";
    pmpo_buf_printf(out, "Answer with the letter of the right option%s, and "
                    "nothing else.", how);
    return true;
}

/* ---- labels -------------------------------------------------------------- */

static bool say_labels(const set *x, pmpo_buf *out)
{
    const pmpo_str *labels = x->labels.of;
    size_t n = x->labels.n;
    if (n == 0 || n > MOST_LABELS) {
        return false;
    }
    const pmpo_frame frame = pmpo_frame_of(labels, n);
    pmpo_buf_puts(out, "Answer with exactly one of: ");
    for (size_t i = 0; i < n; i++) {
        pmpo_buf_puts(out, i ? ", " : "");
        pmpo_buf_put(out, pmpo_frame_inside(frame, labels[i]));
    }
    pmpo_buf_puts(out, ".");
    return true;
}

static bool say_options(const set *x, pmpo_buf *out)
{
    for (size_t i = 0; i < x->n; i++) {
        if (pmpo_data_example(x->data, i)->n_options < 2) {
            return false;
        }
    }
    pmpo_buf_puts(out, "Answer with one of the given options, word for word, "
                       "and nothing else.");
    return true;
}

/* ---- numbers, JSON ------------------------------------------------------- */

static bool say_number(const set *x, pmpo_buf *out)
{
    if (!all(x, pmpo_text_is_number)) {
        return false;
    }
    pmpo_buf_puts(out, "Answer with the number only, in digits.");
    return true;
}

/* Names the keys of the first object that all of them have. */
static void put_keys(json_t *const *objects, size_t n, pmpo_buf *out)
{
    const char *key;
    json_t *value;
    size_t k = 0;
    pmpo_buf keys = {0};
    json_object_foreach(objects[0], key, value)
    {
        bool shared = true;
        for (size_t i = 1; i < n; i++) {
            shared = shared && json_object_get(objects[i], key);
        }
        if (shared && k < MOST_KEYS) {
            pmpo_buf_printf(&keys, "%s\"%s\"", k++ ? ", " : "", key);
        }
    }
    if (k > 0) {
        pmpo_buf_printf(out, " with the key%s ", k > 1 ? "s" : "");
        pmpo_buf_put(out, pmpo_buf_str(&keys));
    }
    out->failed = out->failed || keys.failed;
    pmpo_buf_release(&keys);
}

static bool say_json(const set *x, pmpo_buf *out)
{
    json_t **parsed = pmpo_calloc(x->n, sizeof(json_t *));
    bool objects = parsed != NULL, lists = parsed != NULL;
    for (size_t i = 0; (objects || lists) && i < x->n; i++) {
        parsed[i] = json_loadb(x->t[i].ptr, x->t[i].len, 0, NULL);
        objects = objects && json_is_object(parsed[i]);
        lists = lists && json_is_array(parsed[i]);
    }
    if (objects) {
        pmpo_buf_puts(out, "Answer with one JSON object");
        put_keys(parsed, x->n, out);
        pmpo_buf_puts(out, ", and nothing else.");
    } else if (lists) {
        pmpo_buf_puts(out, "Answer with one JSON list, and nothing else.");
    }
    for (size_t i = 0; parsed && i < x->n; i++) {
        json_decref(parsed[i]);
    }
    pmpo_free(parsed);
    return objects || lists;
}

/* ---- what they share at their ends --------------------------------------- */

static size_t common_head(const pmpo_str *t, size_t n)
{
    size_t len = n ? t[0].len : 0;
    for (size_t i = 1; i < n; i++) {
        size_t k = 0;
        while (k < len && k < t[i].len && t[i].ptr[k] == t[0].ptr[k]) {
            k++;
        }
        len = k;
    }
    return n ? pmpo_utf8_floor(t[0], len) : 0;
}

static pmpo_str last_line(pmpo_str s)
{
    size_t at = s.len;
    while (at > 0 && s.ptr[at - 1] != '\n') {
        at--;
    }
    return pmpo_str_trim(pmpo_str_sub(s, at, s.len));
}

/* The last sentence of a text of one line: behind the last ". ". */
static pmpo_str last_sentence(pmpo_str s)
{
    size_t at = 0, next = 0;
    while ((next = pmpo_str_find(s, PMPO_STR(". "), next)) != SIZE_MAX) {
        next += 2;
        at = next;
    }
    return pmpo_str_sub(s, at, s.len);
}

static bool has_lines(pmpo_str s)
{
    return pmpo_str_find(s, PMPO_STR("\n"), 0) != SIZE_MAX;
}

static bool has_sentences(pmpo_str s)
{
    return pmpo_str_find(s, PMPO_STR(". "), 0) != SIZE_MAX;
}

/* A marker ends where the answer begins: not within a word or a number. */
static size_t end_of_marker(pmpo_str s, size_t len)
{
    while (len > 0 && len < s.len &&
           (pmpo_is_digit(s.ptr[len - 1]) || strchr("$-.,(", s.ptr[len - 1]))) {
        len--;
    }
    while (len > 0 && len < s.len && pmpo_is_letter(s.ptr[len - 1]) &&
           pmpo_is_letter(s.ptr[len])) {
        len--;
    }
    return len;
}

/* Each target ends with a line (or a sentence) that begins with the same
 * marker and holds something else behind it. */
static bool say_marker(set *x, pmpo_buf *out)
{
    bool lines = all(x, has_lines);
    if (!lines && !all(x, has_sentences)) {
        return false;
    }
    for (size_t i = 0; i < x->n; i++) {
        x->spare[i] = lines ? last_line(x->t[i]) : last_sentence(x->t[i]);
    }
    size_t len = end_of_marker(x->spare[0], common_head(x->spare, x->n));
    bool numbers = true, longer = true;
    for (size_t i = 0; i < x->n; i++) {
        pmpo_str rest = pmpo_str_sub(x->spare[i], len, x->spare[i].len);
        longer = longer && rest.len > 0;
        while (rest.len > 0 && rest.ptr[rest.len - 1] == '.') {
            rest.len--;
        }
        numbers = numbers && pmpo_text_is_number(pmpo_str_trim(rest));
    }
    if (len < (lines ? 2 : 6) || len > MARKER_BYTES || !longer) {
        return false;
    }
    pmpo_buf_puts(out, lines ? "End with a line '" : "End with the words '");
    pmpo_buf_put(out, pmpo_str_sub(x->spare[0], 0, len));
    pmpo_buf_printf(out, "' and the %s.", numbers ? "number" : "final answer");
    return true;
}

static bool say_beginning(const set *x, pmpo_buf *out)
{
    size_t len = end_of_marker(x->t[0], common_head(x->t, x->n));
    pmpo_str head = pmpo_str_trim(pmpo_str_sub(x->t[0], 0, len));
    if (head.len < 4 || head.len > MARKER_BYTES || has_lines(head)) {
        return false;
    }
    pmpo_buf_puts(out, "Begin the answer with '");
    pmpo_buf_put(out, head);
    pmpo_buf_puts(out, "'.");
    return true;
}

/* ---- steps, length, case ------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* The value below which a share of them lies. */
static size_t quantile(const set *x, size_t (*of)(pmpo_str), double share)
{
    size_t *v = pmpo_calloc(x->n, sizeof(*v)), out = 0;
    if (v) {
        for (size_t i = 0; i < x->n; i++) {
            v[i] = of(x->t[i]);
        }
        qsort(v, x->n, sizeof(*v), by_size);
        out = v[(size_t)(share * (double)(x->n - 1) + 0.5)];
    }
    pmpo_free(v);
    return out;
}

static size_t count_lines(pmpo_str s)
{
    size_t n = 1;
    for (size_t i = 0; i < s.len; i++) {
        n += s.ptr[i] == '\n';
    }
    return n;
}

static size_t count_equations(pmpo_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        n += s.ptr[i] == '=';
    }
    return n;
}

static bool say_steps(const set *x, pmpo_buf *out)
{
    size_t lines = quantile(x, count_lines, 0.5);
    if (lines < 3 || !all(x, has_lines)) {
        return false;
    }
    bool brief = quantile(x, count_words, 0.5) <= 30 * lines;
    bool sums = 2 * quantile(x, count_equations, 0.5) >= lines;
    pmpo_buf_printf(out, "Work in %ssteps, one per line%s.",
                    brief ? "brief " : "",
                    sums ? ", with the calculation of each" : "");
    return true;
}

/* Of free answers. */
static void say_length(const set *x, pmpo_buf *out)
{
    size_t low = quantile(x, count_words, 0.1);
    size_t mid = quantile(x, count_words, 0.5);
    size_t high = quantile(x, count_words, 0.9);
    size_t most = quantile(x, count_words, 1);
    if (most <= 1) {
        pmpo_buf_puts(out, "Answer with one word.");
    } else if (most <= 5) {
        pmpo_buf_puts(out, "Answer with a few words only.");
    } else if (!all(x, has_sentences) && !all(x, has_lines) && high <= 30) {
        pmpo_buf_printf(out, "Answer in one sentence of at most %zu words.",
                        (high + 4) / 5 * 5);
    } else if (high <= 3 * low + 10) {
        pmpo_buf_printf(out, "Write about %zu words.", (mid + 5) / 10 * 10);
    }
}

static void say_language(const set *x, pmpo_buf *out)
{
    const char *name = pmpo_language_of(x->t, x->n);
    for (size_t i = 0; i < x->n; i++) {
        x->spare[i] = pmpo_example_input(pmpo_data_example(x->data, i));
    }
    const char *asked = pmpo_language_of(x->spare, x->n);
    if (name && (strcmp(name, "English") != 0
                 || (asked && strcmp(asked, name) != 0))) {
        pmpo_buf_printf(out, "Answer in %s.", name);
    }
}

/* ---- the shape ----------------------------------------------------------- */

static bool answer_is_lettered(const set *x)
{
    for (size_t i = 0; i < x->n; i++) {
        if (!is_lettered(pmpo_data_example(x->data, i)->answer)) {
            return false;
        }
    }
    return true;
}

static void read_set(set *x, pmpo_shape *out)
{
    out->known = true;
    out->labels = say_letter(x, &out->answer) || say_labels(x, &out->answer) ||
                  say_options(x, &out->answer);
    out->choices = out->labels || answer_is_lettered(x);
    if (out->labels || say_number(x, &out->answer) ||
        say_json(x, &out->answer)) {
        return;
    }
    say_steps(x, &out->steps);
    if (!say_marker(x, &out->end) && !say_beginning(x, &out->answer)
        && out->steps.len == 0) {
        say_length(x, &out->answer);
    }
    say_language(x, &out->style);
}

int pmpo_shape_read(const pmpo_data *d, const pmpo_data *validation,
                    pmpo_shape *out, pmpo_error *err)
{
    *out = (pmpo_shape){0};
    set x = {.n = pmpo_data_count(d), .data = d};
    pmpo_arena mem = {0};
    if (x.n < SHAPE_LEAST) {
        return 0;
    }
    x.t = pmpo_arena_alloc(&mem, x.n, sizeof(*x.t));
    x.spare = pmpo_arena_alloc(&mem, x.n, sizeof(*x.spare));
    bool ok = x.t && x.spare;
    for (size_t i = 0; ok && i < x.n; i++) {
        x.t[i] = pmpo_str_trim(pmpo_data_example(d, i)->target);
        ok = x.t[i].len > 0;
    }
    int rc = ok ? pmpo_labels_read(d, validation, &mem, &x.labels, err) : 0;
    if (ok && rc == 0) {
        read_set(&x, out);
    }
    bool failed = !x.t || !x.spare || out->answer.failed || out->steps.failed
                  || out->end.failed || out->style.failed;
    pmpo_arena_release(&mem);
    return failed ? pmpo_fail_memory(err) : rc;
}

void pmpo_shape_release(pmpo_shape *s)
{
    pmpo_buf_release(&s->answer);
    pmpo_buf_release(&s->steps);
    pmpo_buf_release(&s->end);
    pmpo_buf_release(&s->style);
}
