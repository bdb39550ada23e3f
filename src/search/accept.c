/* accept.c: the decision at the end of an iteration, and its reasons.
 *
 * Candidates are tried from the lowest training loss up, so the validation
 * part is read as seldom as possible: each look at it is a chance to be
 * fooled by it. */
#include "search/accept.h"

#include <math.h>
#include <string.h>

#include "base/plain.h"
#include "stats/margin.h"

#define REASON(e, ...) pmpo_print((e)->reason, sizeof((e)->reason), __VA_ARGS__)

/* The lowest loss after (last_loss, last_i) in the order (loss, index);
 * PMPO_ACCEPT_NONE when there is none. */
static size_t next_by_loss(const pmpo_accept_entry *e, size_t n,
                           double last_loss, size_t last_i)
{
    size_t best = PMPO_ACCEPT_NONE;
    for (size_t i = 0; i < n; i++) {
        bool behind = last_i != PMPO_ACCEPT_NONE
                      && (e[i].loss < last_loss
                          || (e[i].loss == last_loss && i <= last_i));
        if (!e[i].considered || isnan(e[i].loss) || behind) {
            continue;
        }
        if (best == PMPO_ACCEPT_NONE || e[i].loss < e[best].loss) {
            best = i;
        }
    }
    return best;
}

static const char *name_of(const pmpo_accept_rule *rule)
{
    return rule->priced ? "loss with its length's price" : "loss";
}

static void refuse_gain(const pmpo_accept_rule *rule, double threshold,
                        pmpo_accept_entry *e)
{
    double gain = rule->incumbent_loss - e->loss;
    const char *name = name_of(rule);
    if (gain < 0) {
        REASON(e, "%s %.6g is %.4g above the incumbent's", name, e->loss,
               -gain);
    } else if (gain == 0) {
        REASON(e, "%s %.6g is the incumbent's: no gain", name, e->loss);
    } else {
        REASON(e, "gain %.4g is within twice the noise floor, %.4g", gain,
               threshold);
    }
}

static double least_gain(const pmpo_validation *v)
{
    return isnan(v->error) ? 0 : v->error;
}

pmpo_gate pmpo_validation_gate(const pmpo_validation *v)
{
    return !(v->candidate <= v->incumbent) ? PMPO_GATE_WORSE
           : !(v->start - v->candidate >= least_gain(v))
               ? PMPO_GATE_NO_GAIN
               : PMPO_GATE_PASSES;
}

/* Sets *passes and, when it doesn't, the reason. */
static int check_validation(const pmpo_accept_rule *rule,
                            pmpo_validate_fn validate, void *ud, size_t i,
                            pmpo_accept_entry *e, bool *passes, pmpo_error *err)
{
    pmpo_validation v;
    int rc = validate(ud, i, &v, err);
    if (rc < 0) {
        return rc;
    }
    const char *name = name_of(rule);
    double gain = rule->incumbent_loss - e->loss;
    pmpo_gate gate = pmpo_validation_gate(&v);
    *passes = gate == PMPO_GATE_PASSES;
    if (*passes) {
        REASON(e, "gain %.4g; validation %s %.6g, was %.6g", gain, name,
               v.candidate, v.incumbent);
    } else if (isinf(v.candidate)) {
        REASON(e,
               "gain %.4g, but too long for an example of the validation "
               "part",
               gain);
    } else if (gate == PMPO_GATE_WORSE) {
        REASON(e, "gain %.4g, but the validation %s is worse by %.4g", gain,
               name, v.candidate - v.incumbent);
    } else {
        REASON(e,
               "gain %.4g, but the validation %s is only %.4g below the "
               "start prompt's, less than its standard error %.4g",
               gain, name, v.start - v.candidate, least_gain(&v));
    }
    return 0;
}

/* Reasons of those that were never tried. */
static void explain_rest(const pmpo_accept_rule *rule, pmpo_accept_entry *e,
                         size_t n, const pmpo_decision *d)
{
    for (size_t i = 0; i < n; i++) {
        if (!e[i].considered || e[i].reason[0]) {
            continue;
        }
        if (e[i].given_up) {
            REASON(&e[i], "%s", e[i].given_up);
        } else if (!isnan(e[i].lower_bound) && isnan(e[i].loss)) {
            REASON(&e[i],
                   "%s is sure to be above %.6g, the incumbent's is "
                   "%.6g",
                   name_of(rule), e[i].lower_bound, rule->incumbent_loss);
        } else if (isnan(e[i].loss)) {
            REASON(&e[i], "not scored");
        } else if (!(rule->incumbent_loss - e[i].loss > d->threshold)) {
            refuse_gain(rule, d->threshold, &e[i]);
        } else {
            REASON(&e[i], "gain %.4g, but another candidate was taken first",
                   rule->incumbent_loss - e[i].loss);
        }
    }
}

/* False: something was new. */
static bool say_nothing_new(const pmpo_accept_entry *e, size_t n,
                            pmpo_decision *d)
{
    static const struct {
        pmpo_fate fate;
        const char *one, *many;
    } words[] = {
        {PMPO_FATE_DUPLICATE, "tried before", "tried before"},
        {PMPO_FATE_BAD_REPLY, "unusable reply", "unusable replies"},
        {PMPO_FATE_REJECTED, "unsound", "unsound"},
        {PMPO_FATE_TOO_LONG, "too long", "too long"},
    };
    size_t known = 0, room = sizeof(d->text);
    pmpo_print(d->text, room, "kept the incumbent: nothing %s",
               n > 0 ? "new" : "was proposed");
    for (size_t w = 0; w < sizeof(words) / sizeof(*words); w++) {
        size_t k = 0, at = strlen(d->text);
        for (size_t i = 0; i < n; i++) {
            k += !e[i].considered && e[i].fate == words[w].fate;
        }
        if (k > 0) {
            pmpo_print(d->text + at, room - at, "%s %zu %s", known ? "," : ":",
                       k, k == 1 ? words[w].one : words[w].many);
        }
        known += k;
    }
    return known == n;
}

static void say_decision(const pmpo_accept_rule *rule,
                         const pmpo_accept_entry *e, size_t n, pmpo_decision *d)
{
    char *t = d->text;
    size_t room = sizeof(d->text);
    if (d->accepted != PMPO_ACCEPT_NONE) {
        double loss = e[d->accepted].loss;
        pmpo_print(t, room, "accepted: %s %.6g, was %.6g, gain %.4g",
                   name_of(rule), loss, rule->incumbent_loss,
                   rule->incumbent_loss - loss);
    } else if (d->n_failed_validation > 0) {
        pmpo_print(t, room,
                   "kept the incumbent: %zu with enough training gain "
                   "failed on the validation part",
                   d->n_failed_validation);
    } else if (isnan(d->best_gain)) {
        if (!say_nothing_new(e, n, d)) {
            pmpo_print(t, room,
                       "kept the incumbent: no new candidate beat its loss "
                       "%.6g or could be scored",
                       rule->incumbent_loss);
        }
    } else if (rule->paper || d->best_gain <= 0) {
        pmpo_print(t, room,
                   "kept the incumbent: the best candidate's gain is "
                   "%.4g",
                   d->best_gain);
    } else {
        pmpo_print(t, room,
                   "kept the incumbent: the best gain %.4g is not "
                   "above twice the noise floor, %.4g",
                   d->best_gain, d->threshold);
    }
}

int pmpo_accept(const pmpo_accept_rule *rule, pmpo_accept_entry *entries,
                size_t n, pmpo_validate_fn validate, void *ud,
                pmpo_decision *out, pmpo_error *err)
{
    *out = (pmpo_decision){.accepted = PMPO_ACCEPT_NONE, .best_gain = NAN};
    out->threshold = rule->paper ? 0 : pmpo_margin(rule->noise_floor);
    size_t i = PMPO_ACCEPT_NONE;
    double loss = 0;
    while ((i = next_by_loss(entries, n, loss, i)) != PMPO_ACCEPT_NONE) {
        pmpo_accept_entry *e = &entries[i];
        loss = e->loss;
        double gain = rule->incumbent_loss - loss;
        if (isnan(out->best_gain)) {
            out->best_gain = gain;
        }
        if (!(gain > out->threshold)) {
            break; /* the rest gains even less */
        }
        bool passes = true;
        REASON(e, "gain %.4g", gain);
        if (rule->has_validation && !rule->paper) {
            int rc = check_validation(rule, validate, ud, i, e, &passes, err);
            if (rc < 0) {
                return rc;
            }
        }
        if (passes) {
            out->accepted = i;
            break;
        }
        out->n_failed_validation++;
    }
    explain_rest(rule, entries, n, out);
    say_decision(rule, entries, n, out);
    return 0;
}
