/* test_compress.c: pieces of a prompt, and a prompt made shorter. */
#include "run_help.h"
#include "text/pieces.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static pmpo_str str(const char *s)
{
    return (pmpo_str){s, strlen(s)};
}

/* ---- pieces -------------------------------------------------------------- */

/* `prompt` without each piece in turn, with '|' between them. */
static void rest_is(const char *prompt, pmpo_grain grain, const char *want)
{
    pmpo_span s[PMPO_MAX_PIECES];
    size_t n;
    pmpo_buf b = {0};
    pmpo_text_pieces(str(prompt), grain, s, &n);
    for (size_t i = 0; i < n; i++) {
        if (i) {
            pmpo_buf_putc(&b, '|');
        }
        pmpo_text_without(str(prompt), &s[i], 1, &b);
    }
    assert_string_equal(pmpo_buf_str(&b).ptr, want);
    pmpo_buf_release(&b);
}

static void what_is_left_reads_well(void **state)
{
    (void)state;
    rest_is("Read it. Then answer!", PMPO_GRAIN_SENTENCE,
            "Then answer!|Read it.");
    rest_is("- Read it.\n- Answer.", PMPO_GRAIN_SENTENCE,
            "- Answer.|- Read it.");
    rest_is("Read it.", PMPO_GRAIN_CLAUSE, "");
    rest_is("Read it, then stop, and answer.", PMPO_GRAIN_CLAUSE,
            "Then stop, and answer.|Read it, and answer.|Read it, then stop.");
    rest_is("Answer: yes, or no. Stop.", PMPO_GRAIN_CLAUSE,
            "Yes, or no. Stop.|Answer, or no. Stop.|Answer: yes. Stop.");
    rest_is("Use it (if you, too, can) twice.", PMPO_GRAIN_CLAUSE,
            "Use it twice.");
    rest_is("Pay 1,000 now.", PMPO_GRAIN_CLAUSE, "");
    rest_is("Say yes  now", PMPO_GRAIN_WORD, "Yes  now|Say now|Say yes");
    rest_is("Add.\n\nExamples:\n\nInput: 1\nOutput: 2\n\n", PMPO_GRAIN_SENTENCE,
            "Examples:\n\nInput: 1\nOutput: 2|Add.");
    rest_is("Zuerst übe, dann ruhe.", PMPO_GRAIN_CLAUSE,
            "Dann ruhe.|Zuerst übe.");
}

static void pieces_that_overlap_go_together(void **state)
{
    (void)state;
    static const char prompt[] = "Read it, then stop, and answer. End.";
    pmpo_span s[PMPO_MAX_PIECES], two[2];
    size_t n;
    pmpo_buf b = {0};
    pmpo_text_pieces(str(prompt), PMPO_GRAIN_CLAUSE, s, &n);
    assert_int_equal(n, 3);
    two[0] = s[2];
    two[1] = s[1];
    pmpo_text_without(str(prompt), two, 2, &b);
    assert_string_equal(b.ptr, "Read it. End.");
    pmpo_buf_clear(&b);
    pmpo_text_without(str(prompt), s, 2, &b);
    assert_string_equal(b.ptr, "And answer. End.");
    pmpo_buf_release(&b);
}

/* ---- the call ------------------------------------------------------------ */

static const char given[] =
    "Decide about the number. It may be lucky, or not, or both. Say yes or no. "
    "{{keep}}Never say maybe.{{/keep}} Use {context}.";

static pmpo_compression *made(double margin, pmpo_grain grain,
                              const pmpo_data *d)
{
    pmpo_model *m = fake_new(&(fake_options){.salt = 5});
    pmpo_compress_options o;
    pmpo_compression *c = NULL;
    pmpo_error err = {0};
    pmpo_compress_options_init(&o);
    o.score.no_cache = true;
    o.margin = margin;
    o.grain = grain;
    if (pmpo_compress(m, d, str(given), &o, &c, &err) < 0) {
        fail_msg("%s", err.text);
    }
    fake_free(m);
    return c;
}

/* The loss of `prompt` on the part-th part, by the plain call. */
static double loss_of(pmpo_str prompt, const pmpo_data *d, unsigned part)
{
    unsigned char of[40];
    size_t idx[40], n = 0;
    pmpo_compress_options o;
    pmpo_compress_options_init(&o);
    o.score.no_cache = true;
    assert_int_equal(pmpo_data_split(d, &o.split, of, NULL), 0);
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        if (of[i] == part) {
            idx[n++] = i;
        }
    }
    pmpo_data *some = NULL;
    pmpo_scores *s = NULL;
    pmpo_model *m = fake_new(&(fake_options){.salt = 5});
    assert_int_equal(pmpo_data_subset(d, idx, n, &some, NULL), 0);
    assert_int_equal(pmpo_score(m, some, &prompt, 1, &o.score, &s, NULL), 0);
    double loss = s->prompts[0].loss;
    pmpo_scores_free(s);
    pmpo_data_free(some);
    fake_free(m);
    return loss;
}

static void each_step_is_shorter_and_within_the_margin(void **state)
{
    (void)state;
    pmpo_data *d = make_data(40, false);
    for (int grain = 0; grain <= PMPO_GRAIN_WORD; grain++) {
        const double margin = 3;
        pmpo_compression *c = made(margin, (pmpo_grain)grain, d);
        size_t tokens = c->tokens_before;
        assert_int_equal(c->n_train + c->n_val + c->n_test, 40);
        assert_true(c->n_steps > 0);
        for (size_t i = 0; i < c->n_steps; i++) {
            const pmpo_compress_step *s = &c->steps[i];
            assert_true(s->n_tokens < tokens);
            tokens = s->n_tokens;
            assert_true(s->train_loss <= c->train_before + margin);
            assert_true(s->val_loss <= c->val_before + margin);
            assert_true(s->grain <= (pmpo_grain)grain);
            assert_true(pmpo_str_find(s->prompt, PMPO_STR("Never say maybe."),
                                      0) != SIZE_MAX);
            assert_true(pmpo_str_find(s->prompt, PMPO_STR("{context}"), 0)
                        != SIZE_MAX);
        }
        assert_int_equal(c->tokens_after, tokens);
        assert_true(fabs(c->train_after - loss_of(c->after, d, 0)) < 1e-12);
        assert_true(fabs(c->val_after - loss_of(c->after, d, 1)) < 1e-12);
        assert_true(fabs(c->test_after - loss_of(c->after, d, 2)) < 1e-12);
        assert_true(fabs(c->test_before - loss_of(c->before, d, 2)) < 1e-12);
        assert_true(c->test_low <= c->test_after - c->test_before);
        assert_true(c->test_high >= c->test_after - c->test_before);
        pmpo_compression_free(c);
    }
    pmpo_data_free(d);
}

/* With no room at all a step has to be no worse; with all the room in the
 * world only what has to stay is left. */
static void the_margin_decides(void **state)
{
    (void)state;
    pmpo_data *d = make_data(40, false);
    pmpo_compression *none = made(0, PMPO_GRAIN_WORD, d);
    assert_true(none->train_after <= none->train_before);
    assert_true(none->val_after <= none->val_before);
    pmpo_compression *all = made(1e6, PMPO_GRAIN_WORD, d);
    assert_true(pmpo_str_eq(all->after,
                            PMPO_STR("Never say maybe. {context}.")));
    assert_true(all->tokens_after < none->tokens_after);
    pmpo_compression_free(none);
    pmpo_compression_free(all);
    pmpo_data_free(d);
}

static void what_can_not_be_done_is_said(void **state)
{
    (void)state;
    pmpo_data *d = make_data(40, false), *one = make_data(1, false);
    pmpo_model *m = fake_new(&(fake_options){.salt = 5});
    pmpo_compress_options o;
    pmpo_compression *c = NULL;
    pmpo_compress_options_init(&o);
    assert_int_equal(pmpo_compress(m, d, str(" "), &o, &c, NULL),
                     PMPO_EUSAGE);
    assert_int_equal(pmpo_compress(m, d, str("{{keep}}a"), &o, &c, NULL),
                     PMPO_EUSAGE);
    pmpo_error err = {0};
    int rc = pmpo_compress(m, one, str("a b"), &o, &c, &err);
    if (rc != PMPO_EDATA || !strstr(err.text, "1 examples are too few")) {
        fail_msg("%d %s", rc, err.text);
    }
    o.margin = NAN;
    assert_int_equal(pmpo_compress(m, d, str("a b"), &o, &c, NULL),
                     PMPO_EUSAGE);
    assert_null(c);
    fake_free(m);
    pmpo_data_free(d);
    pmpo_data_free(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_reads_well),
        cmocka_unit_test(pieces_that_overlap_go_together),
        cmocka_unit_test(each_step_is_shorter_and_within_the_margin),
        cmocka_unit_test(the_margin_decides),
        cmocka_unit_test(what_can_not_be_done_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
