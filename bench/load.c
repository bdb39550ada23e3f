/* load.c: what many requests at once cost the client.
 *
 *     load [--check] [REQUESTS [IN_FLIGHT [DELAY_MS]]]
 *
 * A child serves a made-up model on loopback that answers each request after a
 * delay; the parent scores units of texts through the HTTP engine and prints a
 * JSON row: rate, processor time of its own alone, memory early and at the
 * end, and the requests that the child had at once. With --check it ends with 1
 * when these were far fewer than asked for, when memory grew, or when the
 * client took twice what it should: 5 % of a core for 100 requests/s; other
 * work on the machine makes processor time longer, too. load.sh keeps rows. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "llm_server.h"
#include "model/model.h"

#define A_UNIT 16   /* texts */
#define PREFIX 200  /* tokens that all texts begin with */
#define TEXT 300    /* tokens */
#define TARGET 20   /* of them, scored: one request a text */

/* With --check. */
#define LEAST_AT_ONCE 0.95 /* of the requests in flight */
#define MOST_GROWTH 1.2    /* memory at the end over that after a quarter */
#define MOST_PERCENT                                                           \
    25.0 /* of a core for 100 requests/s; 3 to 8.5 were measured */

typedef struct slot {
    pmpo_task task;
    pmpo_request requests[A_UNIT];
    int32_t ids[A_UNIT][TEXT];
    float logprobs[A_UNIT * TARGET];
    bool used;
} slot;

typedef struct load {
    slot *slots;
    size_t n_slots, n_given, n_units, n_done, n_failed;
    long early_kb; /* after a quarter */
    uint64_t seed;
} load;

static long memory_kb(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%*d %ld", &pages) != 1) {
        pages = 0;
    }
    if (f) {
        fclose(f);
    }
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static pmpo_task *next(void *ud)
{
    load *l = ud;
    size_t i = 0;
    while (i < l->n_slots && l->slots[i].used) {
        i++;
    }
    if (l->n_given == l->n_units || i == l->n_slots) {
        return NULL;
    }
    slot *s = &l->slots[i];
    for (size_t k = 0; k < A_UNIT; k++) {
        for (size_t t = 0; t < TEXT; t++) {
            s->ids[k][t] = t < PREFIX ? (int32_t)(32 + t % 90)
                                      : (int32_t)(32 + pmpo_random(&l->seed) % 90);
        }
        s->requests[k] = (pmpo_request){s->ids[k], TEXT, TEXT - TARGET, 0};
    }
    s->task = (pmpo_task){.unit = {.requests = s->requests,
                                   .n_requests = A_UNIT, .n_prefix = PREFIX},
                          .result = {.logprobs = s->logprobs}};
    s->used = true;
    l->n_given++;
    return &s->task;
}

static void done(void *ud, pmpo_task *t)
{
    load *l = ud;
    ((slot *)t)->used = false;
    l->n_failed += t->code < 0;
    if (++l->n_done == l->n_units / 4) {
        l->early_kb = memory_kb();
    }
}

static double cpu_s(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)r.ru_utime.tv_sec + (double)r.ru_stime.tv_sec +
           1e-6 * (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

/* The child: tells its URL, serves until its input ends, tells the most requests
 * that it had at once. */
static void serve(int out, int in, int delay_ms)
{
    char c;
    llm_server *s = llm_server_start(&(llm_options){.delay_ms = delay_ms,
                                                    .quick = true});
    const char *url = llm_server_url(s);
    if (write(out, url, strlen(url) + 1) < 0) {
        _exit(1);
    }
    while (read(in, &c, 1) > 0) {
    }
    unsigned most = llm_server_most(s);
    _exit(write(out, &most, sizeof(most)) < 0);
}

typedef struct child {
    pid_t pid;
    int up, down;
    char url[200];
} child;

static int child_start(child *c, int delay_ms)
{
    int up[2], down[2];
    if (pipe(up) < 0 || pipe(down) < 0 || (c->pid = fork()) < 0) {
        return -1;
    }
    if (c->pid == 0) {
        close(down[1]);
        serve(up[1], down[0], delay_ms);
    }
    close(up[1]);
    close(down[0]);
    c->up = up[0];
    c->down = down[1];
    return read(c->up, c->url, sizeof(c->url)) > 0 ? 0 : -1;
}

/* The most requests that it had at once; 0: it didn't say. */
static unsigned child_end(child *c)
{
    unsigned most = 0;
    close(c->down);
    if (read(c->up, &most, sizeof(most)) != (ssize_t)sizeof(most)) {
        most = 0;
    }
    close(c->up);
    waitpid(c->pid, NULL, 0);
    return most;
}

typedef struct measured {
    double s, cpu_s;
    long early_kb, end_kb;
    size_t n, n_failed;
} measured;

static int measure(const char *url, size_t requests, int in_flight,
                   measured *out, pmpo_error *err)
{
    pmpo_model_options o;
    pmpo_model *m;
    pmpo_model_options_init(&o);
    o.model = url;
    o.model_name = "fake";
    o.concurrency = in_flight;
    int rc = pmpo_model_open(&o, &m, err);
    if (rc < 0) {
        return rc;
    }
    load l = {.n_units = requests / A_UNIT, .seed = 1};
    l.n_slots = 2 * (size_t)in_flight / A_UNIT + 2;
    l.slots = calloc(l.n_slots, sizeof(*l.slots));
    const pmpo_queue q = {next, done, &l};
    double cpu = cpu_s(), begin = pmpo_now_ms();
    rc = m->engine->score(m->self, &q, err);
    *out = (measured){.s = (pmpo_now_ms() - begin) / 1e3,
                      .cpu_s = cpu_s() - cpu,
                      .early_kb = l.early_kb,
                      .end_kb = memory_kb(),
                      .n = l.n_done * A_UNIT,
                      .n_failed = l.n_failed};
    free(l.slots);
    pmpo_model_free(m);
    return rc;
}

int main(int argc, char **argv)
{
    bool check = argc > 1 && strcmp(argv[1], "--check") == 0;
    argv += check;
    argc -= check;
    size_t requests = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000;
    int in_flight = argc > 2 ? atoi(argv[2]) : 1000;
    int delay_ms = argc > 3 ? atoi(argv[3]) : 50;
    child c;
    measured r = {0};
    pmpo_error err;
    if (child_start(&c, delay_ms) < 0) {
        fprintf(stderr, "load: no server\n");
        return 1;
    }
    int rc = measure(c.url, requests, in_flight, &r, &err);
    unsigned most = child_end(&c);
    if (rc < 0) {
        fprintf(stderr, "load: %s\n", err.text);
        return 1;
    }
    double rate = (double)r.n / r.s, percent = 100 * r.cpu_s / r.s * 100 / rate;
    printf("{\"in_flight\":%d,\"delay_ms\":%d,\"text_tokens\":%d,\"requests\":%zu,"
           "\"most_at_once\":%u,\"failed_units\":%zu,\"seconds\":%.2f,"
           "\"requests_per_s\":%.0f,\"client_cpu_s\":%.2f,"
           "\"core_percent_per_100_per_s\":%.2f,"
           "\"memory_kb_after_a_quarter\":%ld,\"memory_kb_at_the_end\":%ld}\n",
           in_flight, delay_ms, TEXT, r.n, most, r.n_failed, r.s, rate, r.cpu_s,
           percent, r.early_kb, r.end_kb);
    bool holds = most >= LEAST_AT_ONCE * in_flight && percent <= MOST_PERCENT &&
                 (double)r.end_kb <= MOST_GROWTH * (double)r.early_kb;
    return r.n_failed > 0 || (check && !holds);
}
