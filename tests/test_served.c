/* test_served.c: what a server's reply says of itself: that it is whole or was
 * cut, that it is an error, that a text was too long. */
#include "engine/http/asks.h"
#include "engine/http/dialect.h"
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

/* The reply's text, or why there is none; static. */
static const char *said_by(const char *choice, bool *complete)
{
    const pmpo_gen_params p = {.max_tokens = 9, .stop = PMPO_STR("")};
    static char text[1200];
    pmpo_reply r = {0};
    pmpo_error err = {0};
    char body[300];
    snprintf(body, sizeof(body),
             "{\"choices\":[{%s}],\"usage\":{"
             "\"prompt_tokens\":3,\"completion_tokens\":9}}",
             choice);
    int rc = pmpo_read_reply(pmpo_str_of(body), &p, NULL, &r, &err);
    snprintf(text, sizeof(text), "%s",
             rc < 0 ? err.text : pmpo_buf_str(&r.text).ptr);
    *complete = r.complete;
    assert_true(r.n_fed == 3 && r.n_tokens == 9); /* also of what is no use */
    pmpo_buf_release(&r.text);
    return text;
}

/* A model that only thought says nothing; others say it in parts. */
static void test_forms_of_messages(void **state)
{
    (void)state;
    bool whole;
    assert_string_equal(said_by("\"message\":{\"role\":\"assistant\"},\"finish_"
                                "reason\":"
                                "\"length\"",
                                &whole),
                        "");
    assert_false(whole);
    assert_string_equal(said_by("\"message\":{\"content\":null},\"finish_"
                                "reason\":\"stop\"",
                                &whole),
                        "");
    assert_true(whole);
    assert_string_equal(
        said_by("\"message\":{\"content\":[{\"type\":\"thinking\",\"text\":"
                "\"Hm\"},{\"type\":\"text\",\"text\":\"Ye\"},{\"type\":"
                "\"text\",\"text\":\"s\"}]},\"finish_reason\":\"stop\"",
                &whole),
        "Yes");
    assert_true(whole);
    assert_string_equal(said_by("\"text\":null,\"message\":{\"content\":"
                                "\"Yes\"}",
                                &whole),
                        "Yes");
    assert_string_equal(said_by("\"text\":\"No\\u0000 Yes\"", &whole),
                        "No\xef\xbf\xbd Yes");
    assert_string_equal(said_by("\"text\":null", &whole), "");
    assert_string_equal(said_by("\"finish_reason\":\"stop\"", &whole),
                        "no text in the reply");
    assert_string_equal(said_by("\"message\":{\"content\":7}", &whole),
                        "no text in the reply");
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

/* ---- refused one by one ---------------------------------------------------------- */

/* A request that a filter stops is no wrong answer, and the others stay. */
static void test_one_request_is_refused(void **state)
{
    (void)state;
    llm_server *s = llm_server_start(
        &(llm_options){.kind = LLM_CHAT, .salt = 2, .denies = "Question 5:"});
    pmpo_model *m = must_open(llm_server_url(s));
    pmpo_data *d = make_data(12, false);
    pmpo_eval *e = evaluate(m, m, d);
    const pmpo_eval_prompt *p = &e->prompts[0];
    print_message("%s\n", e->warning);
    assert_non_null(strstr(e->warning, "the server of fake refused 3 of 36 "
                                       "requests, which have no reply and "));
    assert_non_null(strstr(e->warning, "HTTP 400: the content is filtered"));
    assert_null(m->learned);
    assert_int_equal(p->n_replies, 11);
    assert_int_equal(p->n_cut_off, 0);
    for (size_t k = 0; k < e->n_metrics; k++) { /* exact, judge */
        assert_int_equal(p->metrics[k].n, 11);
        for (size_t i = 0; i < 12; i++) {
            assert_int_equal(isnan(p->examples[i].right[k]), i == 5);
        }
    }
    pmpo_eval_free(e);
    pmpo_data_free(d);
    pmpo_model_free(m);
    llm_server_stop(s);
}

/* An error that speaks of parameters without refusing any costs no other
 * request one of them, be it the first answer or a later one. */
static void test_a_refusal_that_names_parameters(void **state)
{
    (void)state;
    static const char *const which[] = {"Question 0:", "Question 5:"};
    for (int i = 0; i < 2; i++) {
        llm_server *s = llm_server_start(
            &(llm_options){.kind = LLM_CHAT,
                           .salt = 2,
                           .denies = which[i],
                           .deny_says = "the prompt talks of how temperature "
                                        "and seed act on plants"});
        pmpo_model *m;
        pmpo_error err;
        assert_int_equal(open_url(llm_server_url(s),
                                  &(pmpo_model_options){.concurrency = 1}, &m,
                                  &err),
                         0);
        pmpo_data *d = make_data(12, false);
        unsigned before = llm_server_counts(s).all;
        pmpo_eval *e = evaluate(m, NULL, d);
        llm_counts c = llm_server_counts(s);
        assert_int_equal(e->prompts[0].n_replies, 11);
        assert_non_null(strstr(e->warning, "refused 1 of 12 requests"));
        assert_null(strstr(e->warning, "takes no"));
        assert_true(c.replies == 11 && c.heated == 11);
        /* Before there is a reply it is tried without the temperature. */
        assert_int_equal(c.all - before, i == 0 ? 13 : 12);
        pmpo_eval_free(e);
        pmpo_data_free(d);
        pmpo_model_free(m);
        llm_server_stop(s);
    }
}

/* The error's own field says it, else its words; and only what was sent. */
static void test_what_an_error_names(void **state)
{
    (void)state;
    const unsigned all = ~0u, no_seed = ~(unsigned)PMPO_REFUSES_SEED;
    const char *words = "no seed with a temperature";
    const pmpo_str none = PMPO_STR("{\"error\":{\"param\":null}}");
    const pmpo_str odd = PMPO_STR("{\"error\":{\"param\":\"None\"}}");
    const pmpo_str own = PMPO_STR("{\"error\":{\"param\":\"temperature\"}}");
    assert_int_equal(pmpo_read_refusal(words, none, all), PMPO_REFUSES_SEED);
    assert_int_equal(pmpo_read_refusal(words, odd, all), PMPO_REFUSES_SEED);
    assert_int_equal(pmpo_read_refusal(words, PMPO_STR("no JSON"), no_seed),
                     PMPO_REFUSES_TEMPERATURE);
    assert_int_equal(pmpo_read_refusal(words, own, all),
                     PMPO_REFUSES_TEMPERATURE);
    assert_int_equal(pmpo_read_refusal("no", none, all), 0);
    assert_int_equal(pmpo_read_refusal(words, own, 0), 0);
}

static void test_all_requests_are_refused(void **state)
{
    (void)state;
    llm_server *s = llm_server_start(
        &(llm_options){.kind = LLM_CHAT, .salt = 2, .denies = "Question"});
    pmpo_model *m = must_open(llm_server_url(s));
    pmpo_data *d = make_data(200, false);
    const pmpo_str prompt = PMPO_STR("Say yes or no.");
    pmpo_eval_options o;
    pmpo_eval *e = NULL;
    pmpo_error err;
    pmpo_eval_options_init(&o);
    o.metrics = PMPO_METRIC_EXACT;
    o.no_cache = true;
    assert_int_equal(pmpo_eval_run(m, d, &prompt, 1, &o, &e, &err),
                     PMPO_EBACKEND);
    assert_non_null(strstr(err.text, "HTTP 400: the content is filtered"));
    assert_true(llm_server_counts(s).all < 150); /* and no more were sent */
    pmpo_data_free(d);
    pmpo_model_free(m);
    llm_server_stop(s);
}

/* ---- a text that is too long --------------------------------------------------- */

/* A server that doesn't say how long texts may be. */
static llm_server *short_server(int status)
{
    return llm_server_start(&(llm_options){.kind = LLM_ECHO,
                                           .salt = 5,
                                           .max_len = 600,
                                           .no_len = true,
                                           .too_long = status});
}

/* answer_tokens 0: nothing is generated. */
static pmpo_run *run_with(pmpo_model *m, const char *start, const char *library,
                          int answer_tokens, pmpo_calibrate calibrate,
                          pmpo_error *err)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_optimize_options o = small_options();
    pmpo_data *d = make_data(30, false);
    pmpo_run *run = NULL;
    o.prompt = pmpo_str_of(start);
    o.library = pmpo_str_of(library);
    o.proposers = "library";
    o.no_rewriter = true;
    o.metric = answer_tokens ? PMPO_RUN_METRIC_EXACT : PMPO_RUN_METRIC_NONE;
    o.max_answer_tokens = answer_tokens ? answer_tokens : o.max_answer_tokens;
    o.score.template_name = "raw";
    o.score.calibrate = calibrate;
    int rc = pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL}, &o,
                           path, &run, err);
    if (rc == 0) { /* what was refused then is known: the run can go on */
        pmpo_resume_options r;
        pmpo_resume_options_init(&r);
        r.iterations = o.iterations + 1;
        pmpo_run_free(run);
        run = NULL;
        pmpo_resume(m, NULL, path, &r, &run, err);
    }
    pmpo_data_free(d);
    drop_folder(folder);
    free(path);
    return run;
}

/* Lines of 700 bytes, which are tokens here, and of few. */
static void make_library(char *out)
{
    memset(out, 'a', 700);
    strcpy(out + 700, "\nSay no, or else yes.\n");
}

/* It is that candidate's fate; the others are scored. */
static void test_a_candidate_is_too_long(void **state)
{
    (void)state;
    static const int statuses[] = {400, 413, 422};
    static const pmpo_calibrate calibrate[] = {PMPO_CALIBRATE_NONE,
                                               PMPO_CALIBRATE_CONTENT_FREE,
                                               PMPO_CALIBRATE_NONE};
    char library[800];
    make_library(library);
    for (int i = 0; i < 3; i++) {
        llm_server *s = short_server(statuses[i]);
        pmpo_model *m = must_open(llm_server_url(s));
        pmpo_error err = {0};
        size_t n[2] = {0};
        pmpo_run *run =
            run_with(m, "Say yes or no.", library, 0, calibrate[i], &err);
        if (!run) {
            fail_msg("%s", err.text);
        }
        const pmpo_run_view *v = pmpo_run_describe(run);
        for (size_t k = 0; k < v->iterations[0].n_candidates; k++) {
            const pmpo_candidate *c = &v->iterations[0].candidates[k];
            n[c->fate == PMPO_FATE_TOO_LONG]++;
            if (c->fate == PMPO_FATE_TOO_LONG) {
                assert_non_null(strstr(c->reason, "shorten one of them"));
                assert_non_null(strstr(c->reason, "context window"));
            }
        }
        assert_true(n[0] > 0 && n[1] == 1);
        pmpo_run_free(run);
        pmpo_model_free(m);
        llm_server_stop(s);
    }
}

static void test_the_start_is_too_long(void **state)
{
    (void)state;
    llm_server *s = short_server(400);
    pmpo_model *m = must_open(llm_server_url(s));
    char library[800];
    pmpo_error err = {0};
    make_library(library);
    library[700] = '\0';
    assert_null(run_with(m, library, "Say yes.", 0, PMPO_CALIBRATE_NONE, &err));
    print_message("%s\n", err.text);
    assert_non_null(strstr(err.text, "shorten one of them"));
    pmpo_model_free(m);
    llm_server_stop(s);
}

/* The start prompt leaves room for an answer, longer ones don't: it is those that
 * are out. Where none does the run can't end. */
static void test_an_answer_has_no_room(void **state)
{
    (void)state;
    llm_server *s = short_server(400);
    pmpo_model *m = must_open(llm_server_url(s));
    pmpo_error err = {0};
    size_t n[2] = {0};
    pmpo_run *run =
        run_with(m, "Say yes.", "Say no.", 510, PMPO_CALIBRATE_NONE, &err);
    if (!run) {
        fail_msg("%s", err.text);
    }
    const pmpo_run_view *v = pmpo_run_describe(run);
    for (size_t i = 0; i < v->n_finalists; i++) {
        const pmpo_run_finalist *f = &v->finalists[i];
        bool no_room = strstr(f->why, "no room for its answers");
        print_message("%d: %s\n", f->id, f->why);
        assert_true((f->n_answers == 0) == no_room);
        n[no_room]++;
    }
    assert_true(n[0] > 0 && n[1] > 0);
    pmpo_run_free(run);
    assert_null(
        run_with(m, "Say yes.", "Say no.", 590, PMPO_CALIBRATE_NONE, &err));
    assert_int_equal(err.code, PMPO_ETOOLONG);
    assert_non_null(strstr(err.text, "lower --max-tokens"));
    pmpo_model_free(m);
    llm_server_stop(s);
}

/* ---- errors under HTTP 200 ----------------------------------------------------- */

static void why_not(const llm_options *o, const char *dialect, const char *why)
{
    llm_server *s = llm_server_start(o);
    const pmpo_model_options more = {.dialect = dialect};
    pmpo_model *m;
    pmpo_error err;
    if (open_url(llm_server_url(s), &more, &m, &err) < 0) {
        fail_msg("%s", err.text);
    }
    print_message("%s\n", m->cant_score);
    assert_non_null(strstr(m->cant_score, why));
    pmpo_model_free(m);
    llm_server_stop(s);
}

/* What the server itself says is told with what is missing. */
static void test_errors_under_200(void **state)
{
    (void)state;
    why_not(&(llm_options){.kind = LLM_CHAT, .errors_200 = true}, NULL,
            "the reply is an error: Not Found");
    why_not(&(llm_options){.kind = LLM_SGLANG, .errors_200 = true}, "vllm",
            "no choices in the reply: logprobs are not supported");
}

/* ---- requests that can't be written ---------------------------------------------- */

static size_t allocations_left = SIZE_MAX; /* jansson's, before one fails */

static void *sometimes(size_t bytes)
{
    return allocations_left-- ? malloc(bytes) : NULL;
}

static int chat_body(const pmpo_message *m, pmpo_buf *out)
{
    static const char *const fields[] = {"why", "which"};
    static const char *const words[] = {"A", "B"};
    const pmpo_json_form form = {fields, 2, "<", ">", words, 2};
    const pmpo_gen_params p = {.top_p = 1,
                               .temperature = 0.5,
                               .max_tokens = 9,
                               .stop = PMPO_STR("\n")};
    const uint64_t seed = 1;
    const pmpo_gen_request q = {.messages = m,
                                .n_messages = 2,
                                .json = &form,
                                .seeds = &seed,
                                .n_samples = 1};
    pmpo_buf_clear(out);
    return pmpo_ask_reply("fake", &q, &(pmpo_sampling){&p, 1, true, 0}, out);
}

/* A server can't tell a stop in the thinking from another: it is told only where
 * the reply was begun for it. */
static void test_who_looks_for_the_stop(void **state)
{
    (void)state;
    const int32_t ids[] = {1, 2, 3};
    const pmpo_gen_params p = {.top_p = 1,
                               .max_tokens = 9,
                               .stop = PMPO_STR("</p>")};
    for (int i = 0; i < 4; i++) {
        const pmpo_gen_request q = {.ids = ids,
                                    .n_ids = 3,
                                    .begun = i & 1 ? PMPO_STR("<p>")
                                                   : PMPO_STR("")};
        pmpo_buf b = {0};
        assert_int_equal(pmpo_ask_reply("fake", &q,
                                        &(pmpo_sampling){&p, 1, i & 2, 0}, &b),
                         0);
        assert_int_equal(strstr(b.ptr, "</p>") != NULL, i == 3);
        pmpo_buf_release(&b);
    }
}

/* With a message that is no UTF-8 there is no request, rather than one without
 * it. */
static void test_a_message_that_is_no_text(void **state)
{
    (void)state;
    llm_server *s =
        llm_server_start(&(llm_options){.kind = LLM_CHAT, .salt = 2});
    pmpo_model *m = must_open(llm_server_url(s));
    const pmpo_message ask[] = {{PMPO_STR("system"), PMPO_STR("Say \xff.")},
                                {PMPO_STR("user"), PMPO_STR("Now.")}};
    const uint64_t seed = 1;
    const pmpo_gen_request q = {.messages = ask,
                                .n_messages = 2,
                                .seeds = &seed,
                                .n_samples = 1};
    const pmpo_gen_params p = {.top_p = 1,
                               .max_tokens = 20,
                               .stop = PMPO_STR("")};
    pmpo_reply r = {0};
    pmpo_error err = {0};
    assert_int_equal(pmpo_generate(m, &q, 1, &p, &r, &err), PMPO_EBACKEND);
    assert_non_null(strstr(err.text, "not UTF-8"));
    pmpo_buf_release(&r.text);
    pmpo_model_free(m);
    llm_server_stop(s);
    pmpo_buf b = {0};
    assert_true(chat_body(ask, &b) < 0);
    assert_true(pmpo_ask_chat_tokens("fake", ask, 2, true, &b) < 0);
    pmpo_buf_release(&b);
}

/* Wherever memory ends: a body is whole or there is none. */
static void test_a_body_is_whole(void **state)
{
    (void)state;
    const pmpo_message ask[] = {{PMPO_STR("system"), PMPO_STR("Say it.")},
                                {PMPO_STR("user"), PMPO_STR("Now.")}};
    const int32_t ids[] = {1, 2, 3};
    const pmpo_logprob_query what = {.ids = ids,
                                     .n_ids = 3,
                                     .next = ids,
                                     .n_next = 2};
    const pmpo_dialect *vllm = pmpo_dialect_named("vllm");
    pmpo_buf whole[2] = {{0}, {0}}, b = {0};
    assert_int_equal(chat_body(ask, &whole[0]), 0);
    assert_int_equal(vllm->write(&what, "fake", &whole[1]), 0);
    json_set_alloc_funcs(sometimes, free);
    for (int k = 0; k < 2; k++) {
        int rc = -1;
        size_t failed = 0;
        for (size_t n = 0; rc < 0; n++) {
            pmpo_buf_clear(&b);
            allocations_left = n;
            rc = k ? vllm->write(&what, "fake", &b) : chat_body(ask, &b);
            failed += rc < 0;
        }
        assert_string_equal(b.ptr, whole[k].ptr);
        assert_true(failed > 5);
    }
    json_set_alloc_funcs(malloc, free);
    pmpo_buf_release(&b);
    pmpo_buf_release(&whole[0]);
    pmpo_buf_release(&whole[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_for_the_end),
        cmocka_unit_test(test_no_word_for_the_end),
        cmocka_unit_test(test_forms_of_messages),
        cmocka_unit_test(test_one_request_is_refused),
        cmocka_unit_test(test_a_refusal_that_names_parameters),
        cmocka_unit_test(test_what_an_error_names),
        cmocka_unit_test(test_all_requests_are_refused),
        cmocka_unit_test(test_answers_of_other_words),
        cmocka_unit_test(test_a_candidate_is_too_long),
        cmocka_unit_test(test_the_start_is_too_long),
        cmocka_unit_test(test_an_answer_has_no_room),
        cmocka_unit_test(test_errors_under_200),
        cmocka_unit_test(test_who_looks_for_the_stop),
        cmocka_unit_test(test_a_message_that_is_no_text),
        cmocka_unit_test(test_a_body_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
