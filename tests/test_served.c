/* test_served.c: what a server's reply says of itself: that it is whole or was
 * cut, that it is an error, that a text was too long. */
#include "engine/http/asks.h"
#include "remote_help.h"

/* ---- ends -------------------------------------------------------------------- */

/* Is the reply of `choice` and `usage` (JSON) whole, with at most 3 tokens? */
static bool is_whole(const char *choice, const char *usage)
{
    const pmpo_gen_params p = {.max_tokens = 3, .stop = PMPO_STR("")};
    pmpo_reply r = {0};
    pmpo_error err = {0};
    char body[300];
    snprintf(body, sizeof(body), "{\"choices\":[{%s}]%s}", choice, usage);
    if (pmpo_read_reply(pmpo_str_of(body), &p, NULL, &r, &err) < 0) {
        fail_msg("%s: %s", body, err.text);
    }
    pmpo_buf_release(&r.text);
    return r.complete;
}

static bool ends_with(const char *reason)
{
    char choice[200];
    snprintf(choice, sizeof(choice),
             "\"message\":{\"content\":\"42\"},\"finish_reason\":\"%s\"",
             reason);
    return is_whole(choice, "");
}

static void test_words_for_the_end(void **state)
{
    (void)state;
    static const char *const whole[] = {"stop",          "eos",
                                        "eos_token",     "stop_sequence",
                                        "end_turn",      "tool_calls",
                                        "function_call", "COMPLETE"};
    static const char *const cut[] = {"length",         "max_tokens",
                                      "model_length",   "MAX_TOKENS",
                                      "content_filter", "abort"};
    for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++) {
        assert_true(ends_with(whole[i]));
    }
    for (size_t i = 0; i < sizeof(cut) / sizeof(*cut); i++) {
        assert_false(ends_with(cut[i]));
    }
}

/* Without a word the tokens are counted, and without their number bytes. */
static void test_no_word_for_the_end(void **state)
{
    (void)state;
    static const char *const none[] = {
        "\"text\":\"Yes\"", "\"text\":\"Yes\",\"finish_reason\":null",
        "\"text\":\"Yes\",\"finish_reason\":\"\""};
    for (size_t i = 0; i < 3; i++) {
        assert_true(is_whole(none[i], ",\"usage\":{\"completion_tokens\":2}"));
        assert_false(is_whole(none[i], ",\"usage\":{\"completion_tokens\":3}"));
        assert_false(is_whole(none[i], ""));
    }
    assert_true(is_whole("\"text\":\"42\"", ""));
}

/* What is right does not depend on the server's word. */
static void test_answers_of_other_words(void **state)
{
    (void)state;
    static const char *const words[] = {"stop", "eos", ""};
    size_t n_right[3];
    pmpo_data *d = make_data(12, false);
    for (int i = 0; i < 3; i++) {
        llm_server *s = llm_server_start(
            &(llm_options){.kind = LLM_CHAT, .salt = 2, .ends = words[i]});
        pmpo_model *m = must_open(llm_server_url(s));
        pmpo_eval *e = evaluate(m, NULL, d);
        n_right[i] = e->prompts[0].metrics[0].n_right;
        assert_int_equal(e->prompts[0].n_cut_off, 0);
        pmpo_eval_free(e);
        pmpo_model_free(m);
        llm_server_stop(s);
    }
    assert_true(n_right[0] > 0);
    assert_int_equal(n_right[1], n_right[0]);
    assert_int_equal(n_right[2], n_right[0]);
    pmpo_data_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_for_the_end),
        cmocka_unit_test(test_no_word_for_the_end),
        cmocka_unit_test(test_answers_of_other_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
