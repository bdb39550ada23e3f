/* endpoint.h: the state of one server: how many requests it is sent at once,
 * and whether it is alive. Pure: time is an argument.
 *
 * The window (requests in flight) is adapted like a congestion window: it
 * doubles as long as the server then answers more requests per second, then
 * stays; from time to time a larger one is tried again; and it is halved when
 * the server reports overload (429, 503), once for the requests that were under
 * way together.
 *
 * A server that fails several times in a row is set aside and tried again
 * with a single request after a delay that doubles. */
#ifndef PMPO_ENGINE_HTTP_ENDPOINT_H
#define PMPO_ENGINE_HTTP_ENDPOINT_H

#include "pmpo.h"

#define PMPO_WINDOW_FIRST 8
#define PMPO_WINDOW_MOST 1024

typedef struct pmpo_endpoint {
    int window; /* requests in flight at most */
    int in_flight;
    bool fixed; /* the user has set the window */
    int found;  /* the window before pmpo_endpoint_fix; 0: not fixed by that */
    /* The search for the window. An epoch is as many answers as the window is
     * wide; it counts only if the window was full during it. */
    bool growing, was_full;
    int epoch_done, settled_epochs, flat_epochs;
    double epoch_began_ms;
    double best_rate; /* answers a second at best_window; 0: none yet */
    int best_window;
    /* Health. */
    int failures;       /* in a row, 0 after a success */
    double aside_until; /* ms; 0: not set aside */
    double aside_ms;    /* the last such delay */
    double throttled_until; /* ms; 0: it has reported no overload */
    double halved_ms;       /* when the window was last halved; -1: never */
} pmpo_endpoint;

/* fixed > 0: always that many requests in flight. */
void pmpo_endpoint_init(pmpo_endpoint *e, int fixed, double now_ms);
/* Fixes the window at n (n > 0), or restores the earlier one (n = 0). */
void pmpo_endpoint_fix(pmpo_endpoint *e, int n);
/* Nothing is sent before that, ms; may be over. */
double pmpo_endpoint_closed_until(const pmpo_endpoint *e);
/* How many more requests may be sent now. */
int pmpo_endpoint_room(const pmpo_endpoint *e, double now_ms);
void pmpo_endpoint_started(pmpo_endpoint *e);
/* An answer came, good or bad: the server is alive. */
void pmpo_endpoint_answered(pmpo_endpoint *e, double now_ms);
/* The server reported overload, 429 or 503, to a request sent at sent_ms.
 * Nothing is sent for delay_ms, whatever is answered meanwhile. */
void pmpo_endpoint_throttled(pmpo_endpoint *e, double sent_ms, double delay_ms,
                             double now_ms);
/* No answer: refused, reset, timed out. `backoff_ms`: the first delay. */
void pmpo_endpoint_failed(pmpo_endpoint *e, double backoff_ms, double now_ms);
/* Set aside, and not yet tried again with success. */
bool pmpo_endpoint_aside(const pmpo_endpoint *e);
/* Set aside, and `probes` single requests since then have also failed. */
bool pmpo_endpoint_dead(const pmpo_endpoint *e, int probes);

/* The delay before try number `tries` + 1 of a request, ms: exponential from
 * backoff_ms, at most PMPO_DELAY_MOST_MS, with full jitter by `random` in
 * [0, 1) but at least a tenth; never less than the server's Retry-After
 * (retry_after_s, 0: none), of which at most PMPO_RETRY_AFTER_MOST_MS is
 * honoured. Exponential backoff with full jitter as usual for clients of
 * shared services. */
#define PMPO_DELAY_MOST_MS 30000.0
#define PMPO_RETRY_AFTER_MOST_MS 120000.0
double pmpo_retry_delay(int tries, double backoff_ms, double retry_after_s,
                        double random);

#endif
