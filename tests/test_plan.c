/* test_plan.c: the planner against a model whose every number depends on the
 * whole prefix, and against llama.cpp's batch rules; faults are planted to
 * see that both would be noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "engine/llama/plan.h"

#define MAX_SEQ 64
#define MAX_LEN 64

/* ---- a model of nothing but hashes ------------------------------------------ */

static double hash_logprob(const int32_t *ids, size_t n, int32_t next)
{
    uint64_t h = pmpo_hash64(ids, n * sizeof(*ids), 7);
    h = pmpo_hash64(&next, sizeof(next), h);
    return -(double)(h >> 11) * 0x1p-53;
}

/* What each target of `u` must get. */
static void expected(const pmpo_unit *u, double *out)
{
    size_t at = 0;
    for (size_t i = 0; i < u->n_requests; i++) {
        const pmpo_request *q = &u->requests[i];
        for (size_t t = q->n_context; t < q->n_ids; t++) {
            out[at++] = hash_logprob(q->ids, t, q->ids[t]);
        }
    }
}

/* ---- an interpreter of plans that keeps llama.cpp's rules ----------------------- */

typedef struct memory {
    int32_t ids[MAX_SEQ][MAX_LEN];
    size_t n[MAX_SEQ];
} memory;

/* Feeds one row; false when a rule is broken. */
static bool feed(memory *m, const pmpo_plan_row *r, size_t n_sequences)
{
    if (r->seq_begin < 0 || r->seq_begin >= r->seq_end ||
        (size_t)r->seq_end > n_sequences) {
        return false;
    }
    for (int32_t s = r->seq_begin; s < r->seq_end; s++) {
        if (m->n[s] != (size_t)r->position) {
            return false; /* positions are contiguous */
        }
        if (memcmp(m->ids[s], m->ids[r->seq_begin],
                   m->n[s] * sizeof(int32_t)) != 0) {
            return false; /* sharers agree in all that came before */
        }
        m->ids[s][m->n[s]++] = r->token;
    }
    return true;
}

static bool run_wave(const pmpo_unit *u, const pmpo_plan *p,
                     const pmpo_plan_wave *w, const pmpo_plan_limits *lim,
                     double *out)
{
    static memory m;
    memset(&m, 0, sizeof(m));
    if (w->n_sequences > lim->max_sequences) {
        return false;
    }
    for (size_t s = 0; s < w->n_sequences; s++) {
        memcpy(m.ids[s], u->requests[0].ids, p->n_prefix * sizeof(int32_t));
        m.n[s] = p->n_prefix;
    }
    for (size_t b = w->batch_begin; b < w->batch_end; b++) {
        const pmpo_plan_batch *at = &p->batches[b];
        size_t outputs = 0, read = at->read_begin;
        if (at->row_end - at->row_begin > lim->max_rows ||
            at->row_end == at->row_begin) {
            return false;
        }
        for (size_t i = at->row_begin; i < at->row_end; i++) {
            const pmpo_plan_row *r = &p->rows[i];
            bool lead = i - w->row_begin < w->n_lead;
            if (r->lead != lead || lead != (b < w->lead_end) ||
                (lead && r->output)) {
                return false;
            }
            if (!feed(&m, r, w->n_sequences)) {
                return false;
            }
            outputs += r->output;
            bool has_read = false;
            for (; read < at->read_end && p->reads[read].row == i; read++) {
                has_read = true;
                out[p->reads[read].to] =
                    hash_logprob(m.ids[r->seq_begin], m.n[r->seq_begin],
                                 p->reads[read].token);
            }
            if (has_read != r->output) {
                return false; /* logits asked for where nobody reads */
            }
        }
        if (outputs > lim->max_outputs || read != at->read_end) {
            return false;
        }
    }
    return true;
}

static bool run_plan(const pmpo_unit *u, const pmpo_plan *p,
                     const pmpo_plan_limits *lim, double *out)
{
    size_t rows = 0;
    for (size_t w = 0; w < p->n_waves; w++) {
        if (!run_wave(u, p, &p->waves[w], lim, out)) {
            return false;
        }
        rows += p->waves[w].n_rows;
        if (p->n_prefix + p->waves[w].n_rows > p->n_cells) {
            return false;
        }
    }
    return rows == p->n_rows;
}

static bool plan_is_right(const pmpo_unit *u, const pmpo_plan *p,
                          const pmpo_plan_limits *lim)
{
    double want[2048], got[2048];
    size_t n = pmpo_unit_targets(u);
    assert_true(n <= 2048);
    for (size_t i = 0; i < n; i++) {
        got[i] = 1;
    }
    expected(u, want);
    return run_plan(u, p, lim, got) && !memcmp(want, got, n * sizeof(*want));
}

/* ---- units ------------------------------------------------------------------------- */

typedef struct sample_unit {
    int32_t ids[40][MAX_LEN];
    pmpo_request requests[40];
    pmpo_unit u;
} sample_unit;

/* Few tokens, so that requests share beginnings, end within one another and
 * repeat. */
static void random_unit(sample_unit *s, uint64_t *state)
{
    size_t n = 1 + pmpo_random(state) % 40, shortest = MAX_LEN;
    size_t prefix = pmpo_random(state) % 6;
    for (size_t i = 0; i < n; i++) {
        size_t len = prefix + 2 + pmpo_random(state) % 20;
        for (size_t k = 0; k < len; k++) {
            s->ids[i][k] = k < prefix ? (int32_t)k
                                      : (int32_t)(pmpo_random(state) % 3);
        }
        size_t context = prefix + 1 + pmpo_random(state) % (len - prefix - 1);
        size_t lead = pmpo_random(state) % 2 ? pmpo_random(state) % context : 0;
        s->requests[i] = (pmpo_request){s->ids[i], len, context, lead};
        shortest = context < shortest ? context : shortest;
    }
    s->u = (pmpo_unit){s->requests, n, prefix, false, false};
}

/* Nodes of the prefix tree that have a child, by brute force. */
static size_t necessary_rows(const pmpo_unit *u)
{
    size_t n = 0;
    for (size_t i = 0; i < u->n_requests; i++) {
        const pmpo_request *a = &u->requests[i];
        for (size_t len = u->n_prefix + 1; len < a->n_ids; len++) {
            bool seen = false;
            for (size_t k = 0; k < i && !seen; k++) {
                const pmpo_request *b = &u->requests[k];
                seen = b->n_ids > len &&
                       !memcmp(a->ids, b->ids, len * sizeof(int32_t));
            }
            n += !seen;
        }
    }
    return n;
}

/* ---- tests ---------------------------------------------------------------------------- */

/* No wave has more rows than it may, but for one sequence that has them alone. */
static void check_waves(const pmpo_unit *u, const pmpo_plan *p,
                        const pmpo_plan_limits *lim)
{
    size_t most = u->repacked ? lim->most_cells : lim->max_cells;
    for (size_t w = 0; most && w < p->n_waves; w++) {
        assert_true(p->waves[w].n_sequences == 1 ||
                    p->waves[w].n_rows <= most + most / 2);
    }
}

static void test_random_units_are_right(void **state)
{
    (void)state;
    static sample_unit s;
    uint64_t seed = 1;
    for (int i = 0; i < 3000; i++) {
        random_unit(&s, &seed);
        pmpo_plan_limits lim = {
            .max_rows = 1 + pmpo_random(&seed) % 40,
            .max_outputs = 1 + pmpo_random(&seed) % 20,
            .max_sequences = 1 + pmpo_random(&seed) % 40,
            .max_cells = 1 + pmpo_random(&seed) % 200,
            .max_context = MAX_LEN,
            .most_cells = pmpo_random(&seed) % 2 ? 0
                                                 : 1 + pmpo_random(&seed) % 200,
        };
        s.u.repacked = pmpo_random(&seed) % 2;
        pmpo_arena mem = {0};
        pmpo_plan p;
        assert_int_equal(pmpo_plan_make(&s.u, &lim, &mem, &p, NULL), 0);
        assert_true(plan_is_right(&s.u, &p, &lim));
        check_waves(&s.u, &p, &lim);
        pmpo_arena_release(&mem);
    }
}

static void test_necessary_rows_only(void **state)
{
    (void)state;
    static sample_unit s;
    uint64_t seed = 2;
    const pmpo_plan_limits lim = {1000, 1000, MAX_SEQ, 100000, MAX_LEN, 0};
    for (int i = 0; i < 1000; i++) {
        random_unit(&s, &seed);
        pmpo_arena mem = {0};
        pmpo_plan p;
        assert_int_equal(pmpo_plan_make(&s.u, &lim, &mem, &p, NULL), 0);
        assert_int_equal(p.n_waves, 1);
        assert_int_equal(p.n_rows, necessary_rows(&s.u));
        pmpo_arena_release(&mem);
    }
}

/* Two one-token options, one that shares its first token with a longer one,
 * and one that is a prefix of another: rows and reads by hand. */
static void test_options_by_hand(void **state)
{
    (void)state;
    const int32_t a[] = {9, 8, 1}, b[] = {9, 8, 2}, c[] = {9, 8, 1, 3},
                  d[] = {9, 8, 1, 3, 4};
    const pmpo_request q[] = {{a, 3, 2, 0},
                              {b, 3, 2, 0},
                              {c, 4, 2, 0},
                              {d, 5, 2, 0}};
    const pmpo_unit u = {q, 4, 1, false, false};
    const pmpo_plan_limits lim = {512, 256, 64, 1024, 100, 0};
    pmpo_arena mem = {0};
    pmpo_plan p;
    assert_int_equal(pmpo_plan_make(&u, &lim, &mem, &p, NULL), 0);
    assert_int_equal(p.n_rows, 3); /* 8, then 1, then 3 */
    assert_int_equal(p.waves[0].n_sequences, 1);
    assert_int_equal(p.n_reads, 1 + 1 + 2 + 3);
    assert_true(plan_is_right(&u, &p, &lim));
    pmpo_arena_release(&mem);
}

/* The leads of a wave are planned alike whatever follows them. */
static void test_leads_by_hand(void **state)
{
    (void)state;
    /* Two inputs after a prefix of one token; the first with two options. */
    const int32_t a[] = {9, 1, 2, 50, 60}, b[] = {9, 1, 2, 50, 61},
                  c[] = {9, 1, 3, 50, 60}, d[] = {9, 1, 2, 70, 71, 60},
                  e[] = {9, 1, 2, 70, 71, 61}, f[] = {9, 1, 3, 70, 71, 60};
    const pmpo_request one[] = {{a, 5, 4, 3}, {b, 5, 4, 3}, {c, 5, 4, 3}};
    const pmpo_request other[] = {{d, 6, 5, 3}, {e, 6, 5, 3}, {f, 6, 5, 3}};
    const pmpo_plan_limits lim = {512, 256, 64, 1024, 100, 0};
    pmpo_arena mem = {0};
    pmpo_plan p[2];
    assert_int_equal(pmpo_plan_make(&(pmpo_unit){one, 3, 1, false, false}, &lim,
                                    &mem, &p[0], NULL),
                     0);
    assert_int_equal(pmpo_plan_make(&(pmpo_unit){other, 3, 1, false, false},
                                    &lim, &mem, &p[1], NULL),
                     0);
    for (int i = 0; i < 2; i++) {
        const pmpo_plan_wave *w = &p[i].waves[0];
        assert_int_equal(p[i].n_waves, 1);
        assert_int_equal(w->n_lead, 3); /* 1, then 2 and 3 */
        assert_int_equal(w->lead_end, 1);
        assert_int_equal(p[i].n_rows, 3 + 2 * (1 + i));
    }
    assert_memory_equal(p[0].rows, p[1].rows, 3 * sizeof(*p[0].rows));
    pmpo_arena_release(&mem);
}

static void test_planted_faults_are_seen(void **state)
{
    (void)state;
    static sample_unit s;
    uint64_t seed = 3;
    const pmpo_plan_limits lim = {16, 8, 20, 100, MAX_LEN, 0};
    int seen = 0, planted = 0;
    for (int i = 0; i < 300; i++) {
        random_unit(&s, &seed);
        pmpo_arena mem = {0};
        pmpo_plan p;
        assert_int_equal(pmpo_plan_make(&s.u, &lim, &mem, &p, NULL), 0);
        pmpo_plan_row *rows = (pmpo_plan_row *)p.rows;
        pmpo_plan_read *reads = (pmpo_plan_read *)p.reads;
        size_t r = pmpo_random(&seed) % p.n_rows;
        size_t d = pmpo_random(&seed) % p.n_reads;
        switch (i % 4) {
        case 0: /* a wrong position */
            rows[r].position++;
            break;
        case 1: /* a row of another token, before something that is read */
            r = reads[d].row;
            rows[r].token += 7;
            break;
        case 2: /* swapped options */
            if (p.n_reads > 1) {
                size_t e = (d + 1) % p.n_reads;
                size_t to = reads[d].to;
                reads[d].to = reads[e].to;
                reads[e].to = to;
            }
            break;
        default: /* a shifted row */
            reads[d].token += 1;
            break;
        }
        planted++;
        seen += !plan_is_right(&s.u, &p, &lim);
        pmpo_arena_release(&mem);
    }
    /* Swapping the reads of two equal requests changes nothing, rightly. */
    assert_true(seen >= planted - 12);
}

static void test_contract(void **state)
{
    (void)state;
    const int32_t a[] = {1, 2, 3, 4}, b[] = {1, 9, 3, 4};
    const pmpo_plan_limits lim = {8, 8, 8, 100, 100, 0};
    pmpo_arena mem = {0};
    pmpo_plan p;
    pmpo_error err;
    const pmpo_request other[] = {{a, 4, 3, 0}, {b, 4, 3, 0}};
    assert_int_equal(pmpo_plan_make(&(pmpo_unit){other, 2, 2, false, false}, &lim, &mem, &p,
                                    &err), PMPO_EUSAGE);
    const pmpo_request none[] = {{a, 4, 0, 0}};
    assert_int_equal(pmpo_plan_make(&(pmpo_unit){none, 1, 0, false, false}, &lim, &mem, &p,
                                    &err), PMPO_EUSAGE);
    const pmpo_request all[] = {{a, 4, 4, 0}};
    assert_int_equal(pmpo_plan_make(&(pmpo_unit){all, 1, 0, false, false}, &lim, &mem, &p,
                                    &err), PMPO_EUSAGE);
    const pmpo_request led[] = {{a, 4, 2, 2}};
    assert_int_equal(pmpo_plan_make(&(pmpo_unit){led, 1, 0, false, false}, &lim,
                                    &mem, &p, &err),
                     PMPO_EUSAGE);
    const pmpo_request inside[] = {{a, 4, 2, 0}};
    assert_int_equal(pmpo_plan_make(&(pmpo_unit){inside, 1, 2, false, false}, &lim, &mem, &p,
                                    &err), PMPO_EUSAGE);
    pmpo_plan_limits tight = lim;
    tight.max_context = 2;
    const pmpo_request fine[] = {{a, 4, 2, 0}};
    assert_int_equal(pmpo_plan_make(&(pmpo_unit){fine, 1, 1, false, false}, &tight, &mem, &p,
                                    &err), PMPO_ETOOLONG);
    assert_int_equal(err.code, PMPO_ETOOLONG);
    pmpo_arena_release(&mem);
}

static void test_empty_unit(void **state)
{
    (void)state;
    const pmpo_plan_limits lim = {8, 8, 8, 100, 100, 0};
    pmpo_arena mem = {0};
    pmpo_plan p;
    assert_int_equal(pmpo_plan_make(&(pmpo_unit){NULL, 0, 0, false, false}, &lim, &mem, &p,
                                    NULL), 0);
    assert_int_equal(p.n_rows, 0);
    assert_int_equal(p.n_waves, 0);
    pmpo_arena_release(&mem);
}

static void test_pieces(void **state)
{
    (void)state;
    assert_int_equal(pmpo_plan_piece(0, 600, 512), 300);
    assert_int_equal(pmpo_plan_piece(300, 600, 512), 600);
    assert_int_equal(pmpo_plan_piece(0, 512, 512), 512);
    assert_int_equal(pmpo_plan_piece(0, 1, 512), 1);
    assert_int_equal(pmpo_plan_piece(0, 0, 512), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_units_are_right),
        cmocka_unit_test(test_necessary_rows_only),
        cmocka_unit_test(test_options_by_hand),
        cmocka_unit_test(test_leads_by_hand),
        cmocka_unit_test(test_planted_faults_are_seen),
        cmocka_unit_test(test_contract),
        cmocka_unit_test(test_empty_unit),
        cmocka_unit_test(test_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
