/* front.c: see front.h. */
#include "front.h"

#include <stdlib.h>
#include <string.h>

#include "common.h"

typedef struct text {
    char *ptr;
    size_t len;
} text;

static void put(text *t, const char *s, size_t n)
{
    t->ptr = cli_grow(t->ptr, t->len + n + 1, 1);
    memcpy(t->ptr + t->len, s, n);
    t->len += n;
    t->ptr[t->len] = '\0';
}

/* An instruction of a library: lines but the last end with a backslash; one
 * that begins like a remark stands after an empty line of the same. A prompt
 * that ends with a backslash can't be said there. */
static void put_instruction(text *t, pmpo_str s)
{
    if (s.len == 0 || s.ptr[s.len - 1] == '\\') {
        return;
    }
    if (s.ptr[0] == '#') {
        put(t, "\\\n", 2);
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\n') {
            put(t, "\\", 1);
        }
        put(t, &s.ptr[i], 1);
    }
    put(t, "\n", 1);
}

static bool is_finalist(const pmpo_run_view *v, int id)
{
    for (size_t i = 0; i < v->n_finalists; i++) {
        if (v->finalists[i].id == id) {
            return true;
        }
    }
    return false;
}

static void put_candidates(text *t, const pmpo_run_view *v)
{
    for (size_t i = 0; i < v->n_iterations; i++) {
        for (size_t k = 0; k < v->iterations[i].n_candidates; k++) {
            const pmpo_candidate *c = &v->iterations[i].candidates[k];
            bool good = c->fate == PMPO_FATE_ACCEPTED || is_finalist(v, c->id);
            if (good && c->id != v->best_id) {
                put_instruction(t, c->prompt);
            }
        }
    }
}

int cli_front(const char *path, bool all, pmpo_str library, pmpo_run **run,
              pmpo_str *best, char **front, pmpo_error *err)
{
    text t = {NULL, 0};
    *run = NULL;
    *front = NULL;
    int rc = pmpo_run_open(path, run, err);
    if (rc < 0) {
        return rc;
    }
    const pmpo_run_view *v = pmpo_run_describe(*run);
    *best = v->best.prompt;
    put(&t, library.ptr, library.len);
    put(&t, "\n", 1);
    if (all) {
        put_instruction(&t, *best);
    }
    if (v->best_id != 0) {
        put_instruction(&t, v->initial.prompt);
    }
    put_candidates(&t, v);
    if (t.len == library.len + 1) { /* the run has no other prompt */
        free(t.ptr);
        t.ptr = NULL;
    }
    *front = t.ptr;
    return 0;
}
