/* signals.c: ^C and SIGTERM ask the models to stop; see signals.h. */
#define _POSIX_C_SOURCE 200809L
#include "signals.h"

#include <signal.h>
#include <string.h>

/* What the handler cancels. Nothing is kept before a model is open, so until
 * then signals do what they always do. */
static pmpo_model *volatile watched[SIGNALS_MODELS];

static volatile sig_atomic_t came;

static void on_signal(int number)
{
    (void)number; /* SA_RESETHAND: the second one kills */
    came = 1;
    for (int i = 0; i < SIGNALS_MODELS; i++) {
        if (watched[i]) {
            pmpo_cancel(watched[i]);
        }
    }
}

void signals_listen(void)
{
    struct sigaction a, before;
    memset(&a, 0, sizeof(a));
    a.sa_handler = on_signal;
    a.sa_flags = (int)(SA_RESETHAND | SA_RESTART);
    sigemptyset(&a.sa_mask);
    const int numbers[] = {SIGINT, SIGTERM};
    for (int i = 0; i < 2; i++) { /* what is ignored (nohup) stays so */
        if (sigaction(numbers[i], NULL, &before) == 0
            && before.sa_handler != SIG_IGN) {
            sigaction(numbers[i], &a, NULL);
        }
    }
}

bool signals_came(void)
{
    return came;
}

void signals_cancel(int place, pmpo_model *m)
{
    watched[place] = m;
}
