/* one_request.c: a single request and its whole reply, over the transport. See
 * transport.h. */
#include "base/error.h"
#include "engine/http/transport.h"

typedef struct single {
    pmpo_http_call *call;
    bool sent;
    pmpo_buf *out;
    int status;
} single;

/* JSON that begins and doesn't end. */
static bool is_cut(pmpo_str body)
{
    body = pmpo_str_trim(body);
    return body.len && body.ptr[0] == '{' && body.ptr[body.len - 1] != '}';
}

static int single_next(void *ud, pmpo_http_call *call, pmpo_error *err)
{
    single *s = ud;
    (void)err;
    if (s->sent) {
        return 0;
    }
    s->sent = true;
    *call = *s->call;
    s->call->body = (pmpo_buf){0};
    return 1;
}

static int single_done(void *ud, const pmpo_http_reply *r, pmpo_error *err)
{
    single *s = ud;
    s->status = r->status;
    if (r->code < 0) {
        return pmpo_fail(err, r->code, "%s", r->why);
    }
    if (is_cut(r->body)) {
        pmpo_fail(err, PMPO_EBACKEND, "the reply ends within its JSON");
        return PMPO_HTTP_AGAIN;
    }
    pmpo_buf_put(s->out, r->body);
    return s->out->failed ? pmpo_fail_memory(err) : 0;
}

int pmpo_http_one(pmpo_http *h, pmpo_http_call *call, pmpo_buf *out,
                  int *status, pmpo_error *err)
{
    single s = {call, false, out, 0};
    const pmpo_http_source source = {&s, single_next, single_done};
    int rc = pmpo_http_run(h, &source, err);
    pmpo_buf_release(&call->body);
    if (status) {
        *status = s.status;
    }
    return rc;
}
