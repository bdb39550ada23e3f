/* rendering.c: a run keeps the text around its prompt, and all of the text of its
 * best one so far, so that what the model reads can be shown when the model
 * is not there. */
#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "model/render.h"
#include "search/state.h"

#define MARK "\x1fprompt\x1f" /* in no template's words */

/* `like` with placeholders for its contents; lives in `mem`. */
static int blank(const pmpo_example *like, pmpo_arena *mem, pmpo_example *out)
{
    *out = (pmpo_example){.input = PMPO_STR("{input}"),
                          .n_messages = like->n_messages};
    pmpo_message *m = pmpo_arena_alloc(mem, like->n_messages, sizeof(*m));
    for (size_t i = 0; m && i < like->n_messages; i++) {
        char name[32];
        snprintf(name, sizeof(name), "{turn%zu}", i + 1);
        m[i].role = like->messages[i].role;
        m[i].content = pmpo_arena_str(mem, pmpo_str_of(name));
        if (!m[i].content.ptr) {
            return PMPO_ENOMEM;
        }
    }
    out->messages = m;
    return m ? 0 : PMPO_ENOMEM;
}

static int put(pmpo_store *s, pmpo_str marked, pmpo_str empty, pmpo_error *err)
{
    size_t at = pmpo_str_find(marked, PMPO_STR(MARK), 0);
    if (at == SIZE_MAX) { /* the template has no place for it */
        return 0;
    }
    pmpo_str before = pmpo_str_sub(marked, 0, at);
    pmpo_str after = pmpo_str_sub(marked, at + sizeof(MARK) - 1, marked.len);
    int rc = pmpo_store_put_text(s, "rendered_before", before, err);
    rc = rc < 0 ? rc : pmpo_store_put_text(s, "rendered_after", after, err);
    return rc < 0 ? rc : pmpo_store_put_text(s, "rendered_empty", empty, err);
}

static int around(pmpo_store *s, pmpo_template *t, const pmpo_example *like,
                  pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_buf marked = {0}, empty = {0};
    pmpo_example e;
    int rc = blank(like, &mem, &e) < 0 ? pmpo_fail_memory(err) : 0;
    rc = rc < 0 ? rc : pmpo_render_text(t, PMPO_STR(MARK), &e, &marked, err);
    rc = rc < 0 ? rc : pmpo_render_text(t, PMPO_STR(""), &e, &empty, err);
    rc = rc < 0 ? rc : put(s, pmpo_buf_str(&marked), pmpo_buf_str(&empty), err);
    pmpo_buf_release(&marked);
    pmpo_buf_release(&empty);
    pmpo_arena_release(&mem);
    return rc;
}

static int whole(pmpo_store *s, pmpo_template *t, const pmpo_example *like,
                 pmpo_str prompt, pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_buf text = {0};
    pmpo_example e;
    int rc = blank(like, &mem, &e) < 0 ? pmpo_fail_memory(err) : 0;
    rc = rc < 0 ? rc : pmpo_render_text(t, prompt, &e, &text, err);
    rc = rc < 0 ? rc
                : pmpo_store_put_text(s, "rendered_best", pmpo_buf_str(&text),
                                      err);
    pmpo_buf_release(&text);
    pmpo_arena_release(&mem);
    return rc;
}

int pmpo_run_put_rendering(pmpo_store *s, pmpo_model *m, const pmpo_data *d,
                           const char *template_name, pmpo_str prompt,
                           pmpo_error *err)
{
    pmpo_template *t = NULL;
    const pmpo_example *like = pmpo_data_example(d, 0);
    int rc = pmpo_template_new(&m->vocab, template_name, &t, err);
    rc = rc < 0 ? rc : around(s, t, like, err);
    rc = rc < 0 ? rc : whole(s, t, like, prompt, err);
    pmpo_template_free(t);
    /* The first scoring says why. With the template place, each example has
     * words of its own around the prompt. */
    return rc == PMPO_EMODEL || rc == PMPO_EDATA ? 0 : rc;
}

int pmpo_put_best_text(pmpo_state *st, int id, pmpo_error *err)
{
    pmpo_template *t = NULL;
    const pmpo_search_input *in = st->in;
    int rc = pmpo_template_new(&in->scorer->vocab, st->o.score.template_name,
                               &t, err);
    rc = rc < 0 ? rc
                : whole(in->store, t, pmpo_data_example(in->train, 0),
                        st->rows[id].prompt, err);
    pmpo_template_free(t);
    return rc == PMPO_EMODEL || rc == PMPO_EDATA ? 0 : rc; /* as above */
}
