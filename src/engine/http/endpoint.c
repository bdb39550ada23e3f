/* endpoint.c: the window and the health of one server. See endpoint.h. */
#include "engine/http/endpoint.h"

#define FAILURES_ASIDE 3      /* in a row, before it is set aside */
#define GAIN 1.1              /* a wider window has to answer this much more */
#define FLAT_EPOCHS 2         /* without that gain before the search ends */
#define SETTLED_EPOCHS 24     /* until a wider window is tried again */
#define LEAST_EPOCH 8         /* answers, so that a rate means something */

void pmpo_endpoint_init(pmpo_endpoint *e, int fixed, double now_ms)
{
    *e = (pmpo_endpoint){
        .window = fixed > 0 ? fixed : PMPO_WINDOW_FIRST,
        .fixed = fixed > 0,
        .growing = true,
        .epoch_began_ms = now_ms,
        .halved_ms = -1,
    };
}

void pmpo_endpoint_fix(pmpo_endpoint *e, int n)
{
    if (n > 0 && !e->fixed) {
        e->found = e->window;
        e->fixed = true;
    }
    if (e->found > 0) {
        e->window = n > 0 ? n : e->found;
        e->fixed = n > 0;
        e->found = n > 0 ? e->found : 0;
        e->epoch_done = 0; /* a new epoch, not yet full */
        e->was_full = false;
    }
}

double pmpo_endpoint_closed_until(const pmpo_endpoint *e)
{
    return e->throttled_until > e->aside_until ? e->throttled_until
                                               : e->aside_until;
}

int pmpo_endpoint_room(const pmpo_endpoint *e, double now_ms)
{
    if (pmpo_endpoint_closed_until(e) > now_ms) {
        return 0;
    }
    /* After a time aside one request finds out whether it is back. */
    int most = pmpo_endpoint_aside(e) ? 1 : e->window;
    return e->in_flight < most ? most - e->in_flight : 0;
}

void pmpo_endpoint_started(pmpo_endpoint *e)
{
    e->in_flight++;
    e->was_full = e->was_full || e->in_flight >= e->window;
}

static void widen(pmpo_endpoint *e)
{
    e->window = e->window * 2 < PMPO_WINDOW_MOST ? e->window * 2
                                                 : PMPO_WINDOW_MOST;
}

static void settle(pmpo_endpoint *e, int window)
{
    e->window = window < 1 ? 1 : window;
    e->growing = false;
    e->settled_epochs = e->flat_epochs = 0;
}

static void end_epoch(pmpo_endpoint *e, double rate)
{
    if (!e->growing) {
        if (++e->settled_epochs >= SETTLED_EPOCHS) { /* times change */
            e->growing = true;
            e->best_rate = rate;
            e->best_window = e->window;
            widen(e);
        }
        return;
    }
    if (rate > GAIN * e->best_rate) {
        e->best_rate = rate;
        e->best_window = e->window;
        e->flat_epochs = 0;
        widen(e);
    } else if (++e->flat_epochs >= FLAT_EPOCHS) {
        settle(e, e->best_window);
    }
}

void pmpo_endpoint_answered(pmpo_endpoint *e, double now_ms)
{
    e->in_flight--;
    e->failures = 0;
    e->aside_until = e->aside_ms = 0;
    if (e->fixed ||
        ++e->epoch_done < (e->window > LEAST_EPOCH ? e->window : LEAST_EPOCH)) {
        return;
    }
    double ms = now_ms - e->epoch_began_ms;
    if (e->was_full && ms > 0) {
        end_epoch(e, 1000 * e->epoch_done / ms);
    }
    e->epoch_done = 0;
    e->was_full = e->in_flight >= e->window;
    e->epoch_began_ms = now_ms;
}

void pmpo_endpoint_throttled(pmpo_endpoint *e, double sent_ms, double delay_ms,
                             double now_ms)
{
    e->in_flight--;
    e->failures = 0;
    e->aside_until = e->aside_ms = 0;
    /* What was sent before the window was halved says nothing of the half. */
    if (sent_ms > e->halved_ms && !e->fixed) {
        settle(e, e->window / 2);
        e->halved_ms = now_ms;
    }
    if (now_ms + delay_ms > e->throttled_until) {
        e->throttled_until = now_ms + delay_ms;
    }
}

void pmpo_endpoint_failed(pmpo_endpoint *e, double backoff_ms, double now_ms)
{
    e->in_flight--;
    /* What was in flight when it was set aside fails in a bunch: that says
     * nothing new. */
    if (e->aside_until > now_ms || ++e->failures < FAILURES_ASIDE) {
        return;
    }
    e->aside_ms = e->aside_ms > 0 ? 2 * e->aside_ms : backoff_ms;
    if (e->aside_ms > PMPO_DELAY_MOST_MS) {
        e->aside_ms = PMPO_DELAY_MOST_MS;
    }
    e->aside_until = now_ms + e->aside_ms;
}

bool pmpo_endpoint_aside(const pmpo_endpoint *e)
{
    return e->aside_ms > 0;
}

bool pmpo_endpoint_dead(const pmpo_endpoint *e, int probes)
{
    return pmpo_endpoint_aside(e) && e->failures >= FAILURES_ASIDE + probes;
}

double pmpo_retry_delay(int tries, double backoff_ms, double retry_after_s,
                        double random)
{
    double most = backoff_ms;
    for (int i = 1; i < tries && most < PMPO_DELAY_MOST_MS; i++) {
        most *= 2;
    }
    if (most > PMPO_DELAY_MOST_MS) {
        most = PMPO_DELAY_MOST_MS;
    }
    double delay = most * (0.1 + 0.9 * random);
    double asked = 1000 * retry_after_s;
    if (asked > PMPO_RETRY_AFTER_MOST_MS) {
        asked = PMPO_RETRY_AFTER_MOST_MS;
    }
    return asked > delay ? asked : delay;
}
