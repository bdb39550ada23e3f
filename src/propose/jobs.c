/* jobs.c: keys of generation jobs, and their replies as JSON text. */
#include "propose/jobs.h"

#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "model/reply_cache.h"

#define JOB_VERSION "pmpo job 2"

static size_t count_samples(const pmpo_job *job)
{
    size_t n = 0;
    for (size_t i = 0; i < job->n_requests; i++) {
        n += job->requests[i].n_samples;
    }
    return n;
}

/* ---- key ----------------------------------------------------------------- */

static void hash_request(pmpo_hasher *h, const pmpo_model *m,
                         const pmpo_gen_request *r)
{
    pmpo_hasher_u64(h, r->n_messages);
    for (size_t i = 0; i < r->n_messages; i++) {
        pmpo_hasher_str(h, r->messages[i].role);
        pmpo_hasher_str(h, r->messages[i].content);
    }
    if (r->begun.len > 0 || r->grammar.len > 0) { /* else the older key */
        pmpo_hasher_str(h, r->begun);
        pmpo_hasher_str(h, r->grammar);
    }
    if (r->json) { /* likewise */
        pmpo_hasher_u64(h, r->json->n_fields);
        pmpo_hasher_u64(h, r->json->n_words);
    }
    if (r->json && m->takes_messages) { /* others don't know it */
        pmpo_hasher_form(h, r->json);
    }
    pmpo_hasher_u64(h, r->n_ids);
    pmpo_hasher_bytes(h, r->ids, r->n_ids * sizeof(*r->ids));
    pmpo_hasher_u64(h, r->n_samples);
    for (size_t i = 0; i < r->n_samples; i++) {
        pmpo_hasher_u64(h, r->seeds[i]);
    }
}

static int job_key(const pmpo_jobs *j, const pmpo_job *job, pmpo_hash *out,
                   pmpo_error *err)
{
    pmpo_hasher *h = pmpo_hasher_new();
    if (!h) {
        return pmpo_fail_memory(err);
    }
    pmpo_hasher_str(h, PMPO_STR(JOB_VERSION));
    pmpo_hasher_bytes(h, j->model->identity.bytes,
                      sizeof(j->model->identity.bytes));
    pmpo_hasher_str(h, pmpo_str_of(job->kind));
    pmpo_hasher_double(h, job->params.temperature);
    pmpo_hasher_double(h, job->params.top_p);
    pmpo_hasher_u64(h, (uint64_t)job->params.max_tokens);
    pmpo_hasher_str(h, job->params.stop);
    pmpo_hasher_u64(h, job->n_requests);
    for (size_t i = 0; i < job->n_requests; i++) {
        hash_request(h, j->model, &job->requests[i]);
    }
    *out = pmpo_hasher_end(h);
    pmpo_hasher_free(h);
    return 0;
}

/* ---- replies as text ----------------------------------------------------- */

static int write_replies(const pmpo_job_reply *r, size_t n, pmpo_buf *out,
                         pmpo_error *err)
{
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        json_t *o = json_object();
        ok = json_object_set_new(o, "text",
                                 json_stringn(r[i].text.ptr, r[i].text.len)) ==
                 0 &&
             json_object_set_new(o, "complete", json_boolean(r[i].complete)) ==
                 0 &&
             json_object_set_new(o, "n_tokens",
                                 json_integer((json_int_t)r[i].n_tokens)) ==
                 0 &&
             (!r[i].refused ||
              json_object_set_new(o, "refused", json_true()) == 0);
        ok = json_array_append_new(list, o) == 0 && ok;
    }
    char *text = ok ? json_dumps(list, JSON_COMPACT) : NULL;
    json_decref(list);
    if (!text) {
        return pmpo_fail(err, PMPO_EBACKEND,
                         "a reply is not UTF-8 or does not fit into memory");
    }
    pmpo_buf_puts(out, text);
    json_free_t release;
    json_get_alloc_funcs(NULL, &release);
    release(text);
    return out->failed ? pmpo_fail_memory(err) : 0;
}

static bool read_reply(const json_t *o, pmpo_arena *mem, pmpo_job_reply *out)
{
    const json_t *text = json_object_get(o, "text");
    const json_t *complete = json_object_get(o, "complete");
    const json_t *n = json_object_get(o, "n_tokens");
    if (!json_is_string(text) || !json_is_boolean(complete)
        || !json_is_integer(n) || json_integer_value(n) < 0) {
        return false;
    }
    out->text = pmpo_arena_str(mem, (pmpo_str){json_string_value(text),
                                               json_string_length(text)});
    out->complete = json_is_true(complete);
    out->refused = json_is_true(json_object_get(o, "refused"));
    out->n_tokens = (size_t)json_integer_value(n);
    return out->text.ptr != NULL;
}

static int read_replies(pmpo_str text, size_t n, pmpo_arena *mem,
                        pmpo_job_reply *out, pmpo_error *err)
{
    json_t *list = json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, NULL);
    bool ok = json_is_array(list) && json_array_size(list) == n;
    for (size_t i = 0; ok && i < n; i++) {
        ok = read_reply(json_array_get(list, i), mem, &out[i]);
    }
    json_decref(list);
    return ok ? 0
              : pmpo_fail(err, PMPO_EIO, "the run file's replies are damaged");
}

/* ---- computing ----------------------------------------------------------- */

typedef struct computing {
    pmpo_jobs *j;
    const pmpo_job *job;
    pmpo_hash key;
} computing;

static int before(void *ud, pmpo_error *err)
{
    const computing *c = ud;
    return c->j->before ? c->j->before(c->j->ud, c->key, err) : 0;
}

static int generate(computing *c, pmpo_arena *mem, pmpo_job_reply *out,
                    size_t n, pmpo_cost *cost, pmpo_error *err)
{
    pmpo_jobs *j = c->j;
    const pmpo_job *job = c->job;
    pmpo_reply *replies = pmpo_calloc(n, sizeof(*replies));
    if (!replies) {
        return pmpo_fail_memory(err);
    }
    const pmpo_reply_cache cache = {.cache = j->cache,
                                    .whole = true,
                                    .before = before,
                                    .ud = c};
    int rc = pmpo_generate_cached(j->model, &cache, job->requests,
                                  job->n_requests, &job->params, replies, err);
    for (size_t i = 0; i < n; i++) {
        if (rc == 0) {
            out[i].text = pmpo_arena_str(mem, pmpo_buf_str(&replies[i].text));
            out[i].complete = replies[i].complete;
            out[i].refused = replies[i].code < 0;
            out[i].n_tokens = replies[i].n_tokens;
            pmpo_cost_add_reply(cost, &replies[i]);
            if (!out[i].text.ptr || replies[i].text.failed) {
                rc = pmpo_fail_memory(err);
            }
        }
        pmpo_buf_release(&replies[i].text);
    }
    pmpo_free(replies);
    return rc;
}

/* Returns PMPO_ETOOLONG, or what keeps that from being stored. */
static int keep_refusal(pmpo_store *s, pmpo_hash key, const pmpo_error *why,
                        pmpo_error *err)
{
    int rc = s ? pmpo_store_put_too_long(s, key, why->text, err) : 0;
    return rc < 0 ? rc : pmpo_fail(err, PMPO_ETOOLONG, "%s", why->text);
}

static int compute(pmpo_jobs *j, const pmpo_job *job, pmpo_hash key,
                   pmpo_arena *mem, pmpo_job_reply *out, size_t n,
                   pmpo_error *err)
{
    pmpo_cost cost = {0};
    double start = pmpo_now_ms();
    computing c = {j, job, key};
    pmpo_error why = {0};
    int rc = generate(&c, mem, out, n, &cost, &why);
    if (rc < 0) {
        return rc == PMPO_ETOOLONG ? keep_refusal(j->store, key, &why, err)
                                   : pmpo_fail(err, rc, "%s", why.text);
    }
    cost.seconds = (pmpo_now_ms() - start) / 1e3;
    if (j->cost) {
        /* Its dollars are 0: who runs the jobs knows what was paid. */
        pmpo_cost_add(j->cost, &cost);
    }
    if (!j->store) {
        return 0;
    }
    pmpo_buf text = {0};
    rc = write_replies(out, n, &text, err);
    if (rc == 0) {
        rc = pmpo_store_put_job(j->store, key, job->kind, job->iteration,
                                pmpo_buf_str(&text), &cost, err);
    }
    pmpo_buf_release(&text);
    return rc;
}

int pmpo_jobs_run(pmpo_jobs *j, const pmpo_job *job, pmpo_arena *mem,
                  pmpo_job_reply *out, pmpo_error *err)
{
    pmpo_hash key;
    pmpo_buf kept = {0};
    bool found = false;
    size_t n = count_samples(job);
    int rc = job_key(j, job, &key, err);
    if (rc == 0 && j->store) {
        rc = pmpo_store_get_job(j->store, key, &kept, &found, err);
    }
    if (rc == 0) {
        rc = found ? read_replies(pmpo_buf_str(&kept), n, mem, out, err)
                   : compute(j, job, key, mem, out, n, err);
    }
    pmpo_buf_release(&kept);
    return rc;
}
