/* run_read.c: a run file as a pmpo_run_view.
 *
 * Everything is read in one transaction into one arena, so the view shows one
 * moment even while the run continues, and the file is closed at once. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/db.h"
#include "store/run_lock.h"
#include "store/store.h"

struct pmpo_run {
    pmpo_run_view view;
    pmpo_arena mem;
};

typedef struct reader {
    pmpo_db d;
    pmpo_run *run;
    pmpo_run_view *v;
    pmpo_error *err;
    int rc; /* sticky */
} reader;

/* ---- reading rows --------------------------------------------------------------- */

static pmpo_str copy(reader *r, pmpo_str s)
{
    pmpo_str c = pmpo_arena_str(&r->run->mem, s);
    if (!c.ptr && r->rc == 0) {
        r->rc = pmpo_fail_memory(r->err);
    }
    return c.ptr ? c : PMPO_STR("");
}

static const char *text(reader *r, sqlite3_stmt *st, int column)
{
    return copy(r, pmpo_db_str(st, column)).ptr;
}

static sqlite3_stmt *query(reader *r, const char *sql)
{
    sqlite3_stmt *st = NULL;
    if (r->rc == 0) {
        r->rc = pmpo_db_prepare(&r->d, sql, &st, r->err);
    }
    return st;
}

static bool next(reader *r, sqlite3_stmt *st)
{
    int rc = r->rc < 0 ? 0 : pmpo_db_step(&r->d, st, r->err);
    r->rc = rc < 0 ? rc : r->rc;
    return rc == 1;
}

static size_t count(reader *r, const char *sql)
{
    sqlite3_int64 n = 0;
    if (r->rc == 0) {
        r->rc = pmpo_db_int(&r->d, sql, &n, r->err);
    }
    return r->rc == 0 ? (size_t)n : 0;
}

/* Room for n elements; NULL with r->rc set. */
static void *room(reader *r, size_t n, size_t size)
{
    void *p = r->rc < 0 ? NULL : pmpo_arena_alloc(&r->run->mem, n, size);
    if (!p && r->rc == 0) {
        r->rc = pmpo_fail_memory(r->err);
    }
    return p;
}

static const char *named_text(reader *r, const char *name)
{
    sqlite3_stmt *st = query(r, "SELECT value FROM text WHERE name=?");
    const char *value = "";
    if (st) {
        pmpo_db_bind_text(st, 1, name);
        value = next(r, st) ? text(r, st, 0) : "";
    }
    sqlite3_finalize(st);
    return value;
}

static double named_number(reader *r, const char *name)
{
    sqlite3_stmt *st = query(r, "SELECT value FROM number WHERE name=?");
    double v = NAN;
    if (st) {
        pmpo_db_bind_text(st, 1, name);
        v = next(r, st) ? pmpo_db_number(st, 0) : NAN;
    }
    sqlite3_finalize(st);
    return v;
}

/* Of a damaged file, or where there is none: 0. */
static size_t as_count(double v)
{
    return v > 0 && v < 9e15 ? (size_t)v : 0;
}

/* "HEAD.TAIL" as a number. */
static double part_number(reader *r, const char *head, const char *tail)
{
    char name[80];
    snprintf(name, sizeof(name), "%s.%s", head, tail);
    return named_number(r, name);
}

/* ---- settings ---------------------------------------------------------------------- */

static void read_settings(reader *r)
{
    size_t n = count(r, "SELECT count(*) FROM text WHERE name LIKE 'setting.%'");
    const char **names = room(r, n, sizeof(*names));
    const char **values = room(r, n, sizeof(*values));
    sqlite3_stmt *st = query(r, "SELECT substr(name, 9), value FROM text "
                                "WHERE name LIKE 'setting.%' ORDER BY name");
    size_t i = 0;
    while (names && values && i < n && next(r, st)) {
        names[i] = text(r, st, 0);
        values[i++] = text(r, st, 1);
    }
    sqlite3_finalize(st);
    r->v->setting_names = names;
    r->v->setting_values = values;
    r->v->n_settings = i;
}

static void read_notes(reader *r)
{
    if (r->rc == 0) {
        r->rc = pmpo_run_read_notes(&r->d, &r->run->mem, &r->v->notes,
                                    &r->v->n_notes, r->err);
    }
}

const char *pmpo_run_setting(const pmpo_run_view *v, const char *name)
{
    for (size_t i = 0; i < v->n_settings; i++) {
        if (!strcmp(v->setting_names[i], name)) {
            return v->setting_values[i];
        }
    }
    return NULL;
}

/* "": not stored. */
static const char *setting(const reader *r, const char *name)
{
    const char *value = pmpo_run_setting(r->v, name);
    return value ? value : "";
}

static void read_summary(reader *r, bool written)
{
    pmpo_run_view *v = r->v;
    v->status = named_text(r, "status");
    v->status_reason = named_text(r, "status_reason");
    if (!strcmp(v->status, "running") && !written) {
        v->status = "interrupted";
    }
    v->scorer = named_text(r, "scorer.name");
    v->rewriter = named_text(r, "rewriter.name");
    v->precision = named_text(r, "scorer.precision");
    v->verdict = named_text(r, "verdict");
    v->loss_check_start = named_text(r, "loss_check_start");
    v->loss_check_end = named_text(r, "loss_check_end");
    v->loss = setting(r, "loss");
    v->reduction = setting(r, "reduction");
    v->form = setting(r, "form");
    v->template_name = setting(r, "template");
    v->template_text = named_text(r, "template_text");
    v->rendered_before = named_text(r, "rendered_before");
    v->rendered_after = named_text(r, "rendered_after");
    v->rendered_empty = named_text(r, "rendered_empty");
    v->rendered_best = named_text(r, "rendered_best");
    v->seed = strtoull(setting(r, "seed"), NULL, 10);
    v->max_iterations = atoi(setting(r, "iterations"));
    v->noise_floor = named_number(r, "noise_floor");
    v->test_gain = named_number(r, "test_gain");
    v->test_gain_low = named_number(r, "test_gain_low");
    v->test_gain_high = named_number(r, "test_gain_high");
    v->test_majority = named_number(r, "test_majority");
    v->n_test_seen = /* older runs have none */
        as_count(named_number(r, "test_seen"));
    const char *const which[] = {"initial", "best"};
    for (int i = 0; i < 2; i++) {
        v->test_accuracy_low[i] = part_number(r, which[i], "test_accuracy_low");
        v->test_accuracy_high[i] =
            part_number(r, which[i], "test_accuracy_high");
    }
}

#define MOST_IN_A_LIST 10000 /* more than any run has: the file is damaged */

/* The length of a list; a damaged one has none. */
static size_t length_of(reader *r, const char *name)
{
    double n = named_number(r, name);
    return n > 0 && n < MOST_IN_A_LIST ? (size_t)n : 0;
}

/* A count of a part; what is none is 0. */
static int part_int(reader *r, const char *part, const char *name)
{
    double v = part_number(r, part, name);
    return v > 0 && v <= INT_MAX ? (int)v : 0;
}

static void read_test_looks(reader *r)
{
    size_t most = length_of(r, "test_looks");
    pmpo_test_look *l = room(r, most, sizeof(*l));
    for (size_t i = 0; l && i < most; i++) {
        char head[40];
        snprintf(head, sizeof(head), "test_look.%zu", i + 1);
        l[i] = (pmpo_test_look){
            .iterations = part_int(r, head, "iterations"),
            .candidate = part_int(r, head, "candidate"),
            .gain = part_number(r, head, "gain"),
            .low = part_number(r, head, "low"),
            .high = part_number(r, head, "high"),
        };
    }
    r->v->test_looks = l;
    r->v->n_test_looks = l ? most : 0;
}

static void read_sizes(reader *r)
{
    size_t *const to[] = {&r->v->n_train, &r->v->n_val, &r->v->n_test};
    sqlite3_stmt *st = query(r, "SELECT part, count(*) FROM example "
                                "GROUP BY part");
    while (st && next(r, st)) {
        int part = sqlite3_column_int(st, 0);
        if (part >= 0 && part < 3) {
            *to[part] = (size_t)sqlite3_column_int64(st, 1);
        }
    }
    sqlite3_finalize(st);
}

static void read_cost(reader *r)
{
    double dollars = named_number(r, "dollars");
    r->v->cost.dollars = dollars > 0 ? dollars : 0; /* NAN: none were paid */
    sqlite3_stmt *st = query(
        r, "SELECT total(prefill_tokens), total(logical_tokens), "
           "total(cached), total(ms) FROM unit");
    if (st && next(r, st)) {
        r->v->cost.prefill_tokens = (uint64_t)sqlite3_column_double(st, 0);
        r->v->cost.logical_tokens = (uint64_t)sqlite3_column_double(st, 1);
        r->v->cost.cached_scores = (uint64_t)sqlite3_column_double(st, 2);
        r->v->cost.seconds = sqlite3_column_double(st, 3) / 1e3;
    }
    sqlite3_finalize(st);
    st = query(r, "SELECT total(prompt_tokens), total(generated_tokens), "
                  "total(ms) FROM job");
    if (st && next(r, st)) {
        r->v->cost.prompt_tokens = (uint64_t)sqlite3_column_double(st, 0);
        r->v->cost.generated_tokens = (uint64_t)sqlite3_column_double(st, 1);
        r->v->cost.seconds += sqlite3_column_double(st, 2) / 1e3;
    }
    sqlite3_finalize(st);
    /* A job is generated whole or taken from the cache whole. */
    st = query(r, "SELECT total(json_array_length(replies)) FROM job "
                  "WHERE prompt_tokens=0 AND generated_tokens=0");
    if (st && next(r, st)) {
        r->v->cost.cached_replies = (uint64_t)sqlite3_column_double(st, 0);
    }
    sqlite3_finalize(st);
}

/* Rejected candidates are scored for the search alone, so their units tell how
 * many a prompt has: every block on every model, and where losses are calibrated
 * the content-free inputs', too; a candidate that was scored to its end has all. */
static void read_given_up(reader *r)
{
    size_t models = r->v->n_models ? r->v->n_models : 1;
    sqlite3_stmt *st = query(
        r, "SELECT total(n), count(*), max(n), max(blocks) FROM "
           "(SELECT count(*) AS n, max(block) + 1 AS blocks FROM unit "
           "WHERE purpose='train' AND prompt IN "
           "(SELECT id FROM candidate WHERE fate='rejected') GROUP BY prompt)");
    if (st && next(r, st)) {
        size_t most = (size_t)sqlite3_column_int64(st, 2);
        size_t blocks = (size_t)sqlite3_column_int64(st, 3) * models;
        r->v->n_units_scored = (size_t)sqlite3_column_double(st, 0);
        r->v->n_units_wanted = (size_t)sqlite3_column_int64(st, 1) *
                               (most > blocks ? most : blocks);
    }
    sqlite3_finalize(st);
}

/* ---- prompts on the parts ------------------------------------------------------------ */

static size_t part_count(reader *r, const char *head, const char *tail)
{
    return as_count(part_number(r, head, tail));
}

static void read_outcome(reader *r, const char *which, int id,
                         pmpo_outcome *out)
{
    double loss = NAN;
    sqlite3_stmt *st = query(r, "SELECT prompt, loss, n_tokens FROM "
                                "candidate WHERE id=?");
    if (st) {
        sqlite3_bind_int(st, 1, id);
        if (next(r, st)) {
            out->prompt = copy(r, pmpo_db_str(st, 0));
            loss = pmpo_db_number(st, 1);
            out->n_tokens = (size_t)sqlite3_column_int64(st, 2);
        }
    }
    sqlite3_finalize(st);
    if (!out->prompt.ptr) { /* nothing was scored yet */
        const char *start = setting(r, "prompt");
        out->prompt = (pmpo_str){start, strlen(start)};
    }
    out->train_loss = part_number(r, which, "train_loss");
    out->train_loss = isnan(out->train_loss) ? loss : out->train_loss;
    out->val_loss = part_number(r, which, "val_loss");
    out->test_loss = part_number(r, which, "test_loss");
    out->train_format = part_number(r, which, "train_format");
    out->train_choice = part_number(r, which, "train_choice");
    out->test_format = part_number(r, which, "test_format");
    out->test_choice = part_number(r, which, "test_choice");
    out->test_n_options = part_count(r, which, "test_n_options");
    out->test_n_correct = part_count(r, which, "test_n_correct");
    out->test_n_answers = part_count(r, which, "test_n_answers");
    out->test_n_right = part_count(r, which, "test_n_right");
    out->test_n_cut_off = part_count(r, which, "test_n_cut_off");
    out->test_right_low = part_number(r, which, "test_right_low");
    out->test_right_high = part_number(r, which, "test_right_high");
}

static void read_finalists(reader *r)
{
    size_t n = length_of(r, "n_finalists");
    pmpo_run_finalist *f = room(r, n, sizeof(*f));
    for (size_t i = 0; f && i < n; i++) {
        char who[32], why[40];
        snprintf(who, sizeof(who), "finalist.%zu", i);
        snprintf(why, sizeof(why), "finalist.%zu.why", i);
        f[i] = (pmpo_run_finalist){
            .id = part_int(r, who, "id"),
            .val_loss = part_number(r, who, "val_loss"),
            .n_answers = part_count(r, who, "n_answers"),
            .n_right = part_count(r, who, "n_right"),
            .n_cut_off = part_count(r, who, "n_cut_off"),
            .why = named_text(r, why),
        };
    }
    r->v->finalists = f;
    r->v->n_finalists = f ? n : 0;
}

/* Of a run for several models. */
static void read_models(reader *r)
{
    static const char *const whose[2] = {"initial", "best"};
    pmpo_run_model *m = room(r, PMPO_MOST_JOINED, sizeof(*m));
    size_t n = 0;
    const char *joint = setting(r, "joint");
    r->v->joint = joint && *joint ? joint : "none"; /* older runs */
    bool several = m && strcmp(r->v->joint, "none") != 0;
    for (; several && n < PMPO_MOST_JOINED; n++) {
        char name[40];
        snprintf(name, sizeof(name), n ? "scorer%zu_model" : "scorer_model",
                 n + 1);
        m[n].name = setting(r, name);
        if (!m[n].name || !*m[n].name) {
            break;
        }
        for (int i = 0; i < 2; i++) {
            snprintf(name, sizeof(name), "%s.model%zu", whose[i], n);
            m[n].train_loss[i] = part_number(r, name, "train_loss");
            m[n].val_loss[i] = part_number(r, name, "val_loss");
            m[n].test_loss[i] = part_number(r, name, "test_loss");
        }
    }
    r->v->models = m;
    r->v->n_models = n;
}

static void read_answers(reader *r)
{
    pmpo_run_view *v = r->v;
    v->metric = setting(r, "metric");
    v->answers_gain = named_number(r, "answers_gain");
    v->answers_gain_low = named_number(r, "answers_gain_low");
    v->answers_gain_high = named_number(r, "answers_gain_high");
    v->answers_p = named_number(r, "answers_p");
    v->answers_majority = named_number(r, "answers_majority");
    read_finalists(r);
}

/* The id of the best prompt so far. */
static int best_id(reader *r)
{
    double final = named_number(r, "final");
    if (!isnan(final)) {
        return (int)final;
    }
    return (int)count(r, "SELECT coalesce((SELECT best FROM iteration WHERE "
                         "best >= 0 ORDER BY idx DESC LIMIT 1), 0)");
}

/* ---- iterations --------------------------------------------------------------------------- */

static void read_segments(reader *r, pmpo_iteration *it)
{
    char sql[128];
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM segment WHERE "
                               "iteration=%d", it->index);
    size_t n = count(r, sql), i = 0;
    pmpo_segment_effect *s = room(r, n, sizeof(*s));
    sqlite3_stmt *st = query(r, "SELECT begin, end, text, effect, low, high "
                                "FROM segment WHERE iteration=? ORDER BY idx");
    if (st) {
        sqlite3_bind_int(st, 1, it->index);
    }
    for (; s && i < n && next(r, st); i++) {
        s[i] = (pmpo_segment_effect){
            .begin = (size_t)sqlite3_column_int64(st, 0),
            .end = (size_t)sqlite3_column_int64(st, 1),
            .text = copy(r, pmpo_db_str(st, 2)),
            .effect = pmpo_db_number(st, 3),
            .low = pmpo_db_number(st, 4),
            .high = pmpo_db_number(st, 5),
        };
    }
    sqlite3_finalize(st);
    it->segments = s;
    it->n_segments = i;
}

static void read_hard(reader *r, pmpo_iteration *it)
{
    char sql[128];
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM hard WHERE iteration=%d",
             it->index);
    size_t n = count(r, sql), i = 0;
    pmpo_str *ids = room(r, n, sizeof(*ids));
    sqlite3_stmt *st = query(r, "SELECT id FROM hard WHERE iteration=? "
                                "ORDER BY idx");
    if (st) {
        sqlite3_bind_int(st, 1, it->index);
    }
    for (; ids && i < n && next(r, st); i++) {
        ids[i] = copy(r, pmpo_db_str(st, 0));
    }
    sqlite3_finalize(st);
    it->hard_ids = ids;
    it->n_hard = i;
}

static pmpo_fate fate_of(reader *r, const char *name)
{
#define X(fate, word)                                                          \
    if (!strcmp(name, word)) {                                                 \
        return fate;                                                           \
    }
    PMPO_FATES(X)
#undef X
    if (r->rc == 0) {
        r->rc = pmpo_fail(r->err, PMPO_EVERSION, "%s: a candidate has the fate "
                          "'%s', which this version does not know", r->d.path,
                          name);
    }
    return PMPO_FATE_PENDING;
}

static void split_parents(const char *list, pmpo_candidate *c)
{
    char *end = NULL;
    while (*list && c->n_parents < PMPO_MAX_PARENTS) {
        c->parents[c->n_parents++] = (int)strtol(list, &end, 10);
        list = *end == ' ' ? end + 1 : "";
    }
}

static void read_candidate(reader *r, sqlite3_stmt *st, pmpo_candidate *c)
{
    *c = (pmpo_candidate){
        .id = sqlite3_column_int(st, 0),
        .prompt = copy(r, pmpo_db_str(st, 2)),
        .reply = copy(r, pmpo_db_str(st, 3)),
        .proposer = text(r, st, 4),
        .loss = pmpo_db_number(st, 5),
        .lower_bound = pmpo_db_number(st, 6),
        .fate = fate_of(r, text(r, st, 7)),
        .reason = text(r, st, 8),
        .hard_case = sqlite3_column_int(st, 9),
        .variant = sqlite3_column_int(st, 10),
        .seed = (uint64_t)sqlite3_column_int64(st, 11),
        .n_tokens = (size_t)sqlite3_column_int64(st, 12),
    };
    split_parents(text(r, st, 1), c);
}

static void read_candidates(reader *r, pmpo_iteration *it)
{
    char sql[128];
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM candidate WHERE "
                               "iteration=%d AND id>0", it->index);
    size_t n = count(r, sql), i = 0;
    pmpo_candidate *c = room(r, n, sizeof(*c));
    sqlite3_stmt *st = query(
        r, "SELECT id, parents, prompt, reply, proposer, loss, lower_bound, "
           "fate, reason, hard_case, variant, seed, n_tokens FROM candidate "
           "WHERE iteration=? AND id>0 ORDER BY idx, id");
    if (st) {
        sqlite3_bind_int(st, 1, it->index);
    }
    for (; c && i < n && next(r, st); i++) {
        read_candidate(r, st, &c[i]);
    }
    sqlite3_finalize(st);
    it->candidates = c;
    it->n_candidates = i;
}

static void read_iterations(reader *r)
{
    size_t n = count(r, "SELECT count(*) FROM iteration"), i = 0;
    pmpo_iteration *it = room(r, n, sizeof(*it));
    sqlite3_stmt *st = query(
        r, "SELECT idx, incumbent_loss, best_loss, marked_by_model, "
           "marking_note, decision, seconds FROM iteration ORDER BY idx");
    for (; it && i < n && next(r, st); i++) {
        it[i] = (pmpo_iteration){
            .index = sqlite3_column_int(st, 0),
            .incumbent_loss = pmpo_db_number(st, 1),
            .best_loss = pmpo_db_number(st, 2),
            .marked_by_model = sqlite3_column_int(st, 3) != 0,
            .marking_note = text(r, st, 4),
            .decision = text(r, st, 5),
            .seconds = pmpo_db_number(st, 6),
        };
    }
    sqlite3_finalize(st);
    size_t marked = 0, analysed = 0;
    for (size_t k = 0; k < i; k++) {
        read_segments(r, &it[k]);
        read_hard(r, &it[k]);
        read_candidates(r, &it[k]);
        analysed += it[k].n_segments > 0;
        marked += it[k].n_segments > 0 && it[k].marked_by_model;
    }
    r->v->iterations = it;
    r->v->n_iterations = i;
    r->v->share_marked_by_model =
        analysed ? (double)marked / (double)analysed : NAN;
}

static void read_losses(reader *r)
{
    if (r->rc == 0) {
        r->rc = pmpo_run_read_losses(&r->d, &r->run->mem, &r->v->losses,
                                     &r->v->n_losses, r->err);
    }
}

/* ---- all ------------------------------------------------------------------------------------ */

static int open_to_read(reader *r, const char *path)
{
    r->d.path = path;
    struct stat st;
    if (access(path, R_OK) < 0 || stat(path, &st) < 0) {
        return pmpo_fail(r->err, PMPO_EDATA, "%s: %s", path, strerror(errno));
    }
    int rc = pmpo_run_is_file(path, r->err);
    if (rc < 0) {
        return rc;
    }
    /* A journal left by a kill has to be rolled back, which takes writing.
     * Without it pmpo_db_fail says so; a run without a journal is read. */
    if (sqlite3_open_v2(path, &r->d.db, SQLITE_OPEN_READWRITE, NULL) !=
        SQLITE_OK) {
        return pmpo_db_fail(&r->d, r->err);
    }
    sqlite3_busy_timeout(r->d.db, PMPO_BUSY_MS);
    rc = pmpo_run_check(&r->d, r->err);
    return rc < 0 ? rc : pmpo_db_exec(&r->d, "BEGIN", r->err);
}

static int read_all(reader *r, const char *path)
{
    pmpo_runs_enter();
    bool written = pmpo_run_is_written(path);
    r->rc = open_to_read(r, path);
    if (r->rc == 0) {
        read_settings(r);
        read_summary(r, written);
        read_answers(r);
        read_models(r);
        read_test_looks(r);
        read_notes(r);
        read_sizes(r);
        read_cost(r);
        read_given_up(r);
        read_iterations(r);
        read_outcome(r, "initial", 0, &r->v->initial);
        r->v->best_id = best_id(r);
        read_outcome(r, "best", r->v->best_id, &r->v->best);
        read_losses(r);
    }
    sqlite3_close(r->d.db);
    pmpo_runs_leave();
    return r->rc;
}

int pmpo_store_read_part(const char *path, pmpo_part part, pmpo_buf *jsonl,
                         size_t *n, pmpo_error *err)
{
    reader r = {.err = err};
    sqlite3_stmt *st = NULL;
    *n = 0;
    pmpo_runs_enter();
    int rc = open_to_read(&r, path);
    rc = rc < 0 ? rc : pmpo_db_prepare(&r.d, "SELECT json FROM example WHERE "
                                       "part = ? ORDER BY idx", &st, err);
    if (rc == 0) {
        sqlite3_bind_int(st, 1, (int)part);
        while ((rc = pmpo_db_step(&r.d, st, err)) == 1) {
            pmpo_buf_put(jsonl, pmpo_db_str(st, 0));
            pmpo_buf_putc(jsonl, '\n');
            ++*n;
        }
    }
    sqlite3_finalize(st);
    sqlite3_close(r.d.db);
    pmpo_runs_leave();
    return rc < 0 || !jsonl->failed ? rc : pmpo_fail_memory(err);
}

int pmpo_run_open(const char *path, pmpo_run **out, pmpo_error *err)
{
    pmpo_run *run = pmpo_calloc(1, sizeof(*run));
    if (!run) {
        return pmpo_fail_memory(err);
    }
    reader r = {.run = run, .v = &run->view, .err = err};
    int rc = read_all(&r, path);
    if (rc < 0) {
        pmpo_run_free(run);
        return rc;
    }
    *out = run;
    return 0;
}

void pmpo_run_free(pmpo_run *run)
{
    if (run) {
        pmpo_arena_release(&run->mem);
        pmpo_free(run);
    }
}

const pmpo_run_view *pmpo_run_describe(const pmpo_run *run)
{
    return &run->view;
}
