/* settings.c: one table row a setting; to add one, add its row. */
#include "search/settings.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/plain.h"
#include "base/str.h"
#include "base/words.h"

typedef enum kind {
    K_STR, /* pmpo_str */
    K_CSTR,
    K_INT,
    K_U64,
    K_DOUBLE,
    K_BOOL,
    K_ENUM, /* an int-sized enum; words in its order */
} kind;

typedef struct row {
    const char *name;
    kind kind;
    size_t at; /* offset in pmpo_optimize_options */
    const char *const *words;
} row;

#define AT(member) offsetof(pmpo_optimize_options, member)

static const row rows[] = {
    {"prompt", K_STR, AT(prompt), NULL},
    {"task", K_STR, AT(task), NULL},
    {"loss", K_ENUM, AT(score.loss), pmpo_loss_words},
    {"reduction", K_ENUM, AT(score.reduction), pmpo_reduction_words},
    {"loss_on", K_ENUM, AT(score.loss_on), pmpo_loss_on_words},
    {"normalize", K_ENUM, AT(score.normalize), pmpo_normalize_words},
    {"calibrate", K_ENUM, AT(score.calibrate), pmpo_calibrate_words},
    {"beta", K_DOUBLE, AT(score.beta), NULL},
    {"template", K_CSTR, AT(score.template_name), NULL},
    {"end", K_ENUM, AT(score.end), pmpo_end_words},
    {"no_cache", K_BOOL, AT(score.no_cache), NULL},
    {"split_train", K_DOUBLE, AT(split.train), NULL},
    {"split_validation", K_DOUBLE, AT(split.validation), NULL},
    {"split_test", K_DOUBLE, AT(split.test), NULL},
    {"split_seed", K_U64, AT(split.seed), NULL},
    {"iterations", K_INT, AT(iterations), NULL},
    {"hard", K_INT, AT(hard), NULL},
    {"variants", K_INT, AT(variants), NULL},
    {"segments", K_INT, AT(segments), NULL},
    {"temperature", K_DOUBLE, AT(temperature), NULL},
    {"top_p", K_DOUBLE, AT(top_p), NULL},
    {"max_reply_tokens", K_INT, AT(max_reply_tokens), NULL},
    {"max_prompt_tokens", K_INT, AT(max_prompt_tokens), NULL},
    {"length_price", K_DOUBLE, AT(length_price), NULL},
    {"patience", K_INT, AT(patience), NULL},
    {"proposers", K_CSTR, AT(proposers), NULL},
    {"library", K_STR, AT(library), NULL},
    {"marked_prompt", K_STR, AT(marked_prompt), NULL},
    {"no_rewriter", K_BOOL, AT(no_rewriter), NULL},
    {"form", K_ENUM, AT(form), pmpo_form_words},
    {"race", K_ENUM, AT(race), pmpo_race_words},
    {"demos", K_INT, AT(demos), NULL},
    {"demos_as", K_ENUM, AT(demos_as), pmpo_demos_as_words},
    {"metric", K_ENUM, AT(metric), pmpo_run_metric_words},
    {"shortlist", K_INT, AT(shortlist), NULL},
    {"max_answer_tokens", K_INT, AT(max_answer_tokens), NULL},
    {"no_mask", K_BOOL, AT(no_mask), NULL},
    {"no_hard_cases", K_BOOL, AT(no_hard_cases), NULL},
    {"no_loss_check", K_BOOL, AT(no_loss_check), NULL},
    {"lowest_loss", K_BOOL, AT(lowest_loss), NULL},
    {"approve", K_BOOL, AT(approve), NULL},
    {"allow_copy", K_BOOL, AT(allow_copy), NULL},
    {"no_guard", K_BOOL, AT(no_guard), NULL},
    {"paper", K_BOOL, AT(paper), NULL},
    {"seed", K_U64, AT(seed), NULL},
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* ---- writing ------------------------------------------------------------- */

static int get_enum(const void *p)
{
    int v;
    memcpy(&v, p, sizeof(v)); /* our enums are of int's size */
    return v;
}

static void write_value(const row *r, const pmpo_optimize_options *o,
                        pmpo_buf *out)
{
    const void *p = (const char *)o + r->at;
    switch (r->kind) {
    case K_STR:
        pmpo_buf_put(out, *(const pmpo_str *)p);
        break;
    case K_CSTR:
        pmpo_buf_puts(out, *(const char *const *)p);
        break;
    case K_INT:
        pmpo_buf_printf(out, "%d", *(const int *)p);
        break;
    case K_U64:
        pmpo_buf_printf(out, "%" PRIu64, *(const uint64_t *)p);
        break;
    case K_DOUBLE:
        pmpo_buf_printf(out, "%.17g", *(const double *)p);
        break;
    case K_BOOL:
        pmpo_buf_puts(out, *(const bool *)p ? "yes" : "no");
        break;
    case K_ENUM:
        pmpo_buf_puts(out, r->words[get_enum(p)]);
        break;
    }
}

static int put_row(pmpo_store *s, const row *r, const pmpo_optimize_options *o,
                   pmpo_error *err)
{
    pmpo_buf name = {0}, value = {0};
    pmpo_buf_printf(&name, "setting.%s", r->name);
    write_value(r, o, &value);
    int rc = name.failed || value.failed
                 ? pmpo_fail_memory(err)
                 : pmpo_store_put_text(s, name.ptr, pmpo_buf_str(&value), err);
    pmpo_buf_release(&name);
    pmpo_buf_release(&value);
    return rc;
}

int pmpo_settings_put(pmpo_store *s, const pmpo_optimize_options *o,
                      pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < N_ROWS; i++) {
        rc = put_row(s, &rows[i], o, err);
    }
    return rc;
}

int pmpo_settings_put_one(pmpo_store *s, const pmpo_optimize_options *o,
                          const char *name, pmpo_error *err)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        if (!strcmp(rows[i].name, name)) {
            return put_row(s, &rows[i], o, err);
        }
    }
    return pmpo_fail(err, PMPO_EUSAGE, "no setting is called %s", name);
}

/* ---- reading ------------------------------------------------------------- */

static bool read_number(const char *text, const row *r, void *p)
{
    char *end;
    errno = 0;
    if (r->kind == K_DOUBLE) {
        *(double *)p = pmpo_read_double(text, &end);
    } else if (r->kind == K_U64) {
        *(uint64_t *)p = strtoull(text, &end, 10);
    } else {
        long v = strtol(text, &end, 10);
        *(int *)p = (int)v;
        if (v < INT_MIN || v > INT_MAX) {
            return false;
        }
    }
    /* Denormal doubles set ERANGE and are right all the same. */
    return end != text && *end == '\0' && (errno == 0 || r->kind == K_DOUBLE);
}

static bool read_word(const char *text, const row *r, void *p)
{
    int place = pmpo_word_place(r->words, text);
    if (place >= 0) {
        memcpy(p, &place, sizeof(place));
    }
    return place >= 0;
}

/* `mem` NULL: strings stay where they are. */
static bool read_value(const row *r, pmpo_str text, pmpo_arena *mem,
                       pmpo_optimize_options *o)
{
    void *p = (char *)o + r->at;
    if (r->kind == K_STR || r->kind == K_CSTR) {
        pmpo_str copy = mem ? pmpo_arena_str(mem, text) : text;
        if (r->kind == K_STR) {
            *(pmpo_str *)p = copy;
        } else {
            *(const char **)p = copy.ptr;
        }
        return copy.ptr != NULL;
    }
    if (r->kind == K_BOOL) {
        bool yes = !strcmp(text.ptr, "yes");
        *(bool *)p = yes;
        return yes || !strcmp(text.ptr, "no");
    }
    return r->kind == K_ENUM ? read_word(text.ptr, r, p)
                             : read_number(text.ptr, r, p);
}

static int get_row(pmpo_store *s, const row *r, pmpo_arena *mem,
                   pmpo_optimize_options *o, pmpo_error *err)
{
    pmpo_buf name = {0}, value = {0};
    bool found = false;
    pmpo_buf_printf(&name, "setting.%s", r->name);
    int rc = name.failed ? pmpo_fail_memory(err)
                         : pmpo_store_get_text(s, name.ptr, &value, &found,
                                               err);
    if (rc == 0 && value.failed) {
        rc = pmpo_fail_memory(err);
    } else if (rc == 0 && !found) {
        rc = pmpo_fail(err, PMPO_EDATA, "%s holds no setting %s: the run was "
                       "stopped before anything was kept; start it anew",
                       pmpo_store_path(s), r->name);
    } else if (rc == 0 && !read_value(r, pmpo_buf_str(&value), mem, o)) {
        rc = pmpo_fail(err, PMPO_EDATA, "%s: setting %s has the value '%s'",
                       pmpo_store_path(s), r->name, pmpo_buf_str(&value).ptr);
    }
    pmpo_buf_release(&name);
    pmpo_buf_release(&value);
    return rc;
}

int pmpo_settings_get(pmpo_store *s, pmpo_arena *mem,
                      pmpo_optimize_options *o, pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < N_ROWS; i++) {
        rc = get_row(s, &rows[i], mem, o, err);
    }
    return rc;
}

int pmpo_settings_of(const pmpo_run_view *v, pmpo_optimize_options *o,
                     pmpo_error *err)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        const char *text = pmpo_run_setting(v, rows[i].name);
        if (!text || !read_value(&rows[i], pmpo_str_of(text), NULL, o)) {
            return pmpo_fail(err, PMPO_EDATA, "the run's setting %s is %s%s",
                             rows[i].name, text ? "not understood: " : "missing",
                             text ? text : "");
        }
    }
    return 0;
}
