/* messages.c: a prompt as messages for a chat server, and without its marks. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "model/render.h"
#include "text/keep.h"

int pmpo_prompt_unmark(pmpo_str prompt, char *plain, size_t *n, pmpo_error *err)
{
    pmpo_buf b = {0};
    const char *wrong = pmpo_keep_unmark(prompt, &b);
    pmpo_str s = pmpo_buf_str(&b);
    int rc = wrong      ? pmpo_fail(err, PMPO_EUSAGE, "the prompt: %s", wrong)
             : b.failed ? pmpo_fail_memory(err)
                        : 0;
    if (rc == 0) {
        memcpy(plain, s.ptr, s.len);
        *n = s.len;
    }
    pmpo_buf_release(&b);
    return rc;
}

typedef struct messages {
    pmpo_messages pub; /* first, so that the two are one pointer */
    pmpo_arena mem;
} messages;

void pmpo_messages_free(pmpo_messages *m)
{
    if (m) {
        pmpo_arena_release(&((messages *)m)->mem);
        pmpo_free(m);
    }
}

int pmpo_prompt_messages(const char *template_name, pmpo_str prompt,
                         const pmpo_example *e, pmpo_messages **out,
                         pmpo_error *err)
{
    messages *m = pmpo_calloc(1, sizeof(*m));
    if (!m) {
        return pmpo_fail_memory(err);
    }
    pmpo_message *list = NULL;
    int rc = pmpo_render_turns(template_name, prompt, e, &m->mem, &list,
                               &m->pub.n, err);
    m->pub.messages = list;
    if (rc < 0) {
        pmpo_messages_free(&m->pub);
        return rc;
    }
    *out = &m->pub;
    return 0;
}
