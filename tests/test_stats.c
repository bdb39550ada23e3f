/* test_stats.c: intervals and sums against tables, hand computation and naive
 * versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/hash.h"
#include "stats/discern.h"
#include "stats/margin.h"
#include "stats/paired.h"
#include "stats/stats.h"

#define NEAR(a, b, tol) near_to((a), (b), (tol), __LINE__)

static void near_to(double a, double b, double tol, int line)
{
    if (!(fabs(a - b) <= tol)) {
        print_error("line %d: %.15g is not %.15g\n", line, a, b);
        fail();
    }
}

/* Values printed in tables, and the closed forms for 1, 2 and 4. */
static void t_quantiles(void **state)
{
    (void)state;
    const double pi = 3.14159265358979323846;
    NEAR(pmpo_t975(1), tan(pi * 0.475), 1e-9);
    NEAR(pmpo_t975(1), 12.7062047361747, 1e-9);
    NEAR(pmpo_t975(2), 0.95 * sqrt(2 / (1 - 0.95 * 0.95)), 1e-9);
    double alpha = 1 - 0.95 * 0.95; /* 4 p (1 - p) */
    double q = cos(acos(sqrt(alpha)) / 3) / sqrt(alpha);
    NEAR(pmpo_t975(4), 2 * sqrt(q - 1), 1e-9);
    NEAR(pmpo_t975(3), 3.182446305284263, 1e-9);
    NEAR(pmpo_t975(5), 2.570581836, 2e-9);
    NEAR(pmpo_t975(10), 2.2281388520, 1e-9);
    NEAR(pmpo_t975(30), 2.0422724563, 1e-9);
    NEAR(pmpo_t975(100), 1.983971519, 2e-9);
    NEAR(pmpo_t975(1e6), 1.959966357, 1e-8);
    NEAR(pmpo_t975(1e12), 1.959963984540, 1e-9);
    NEAR(pmpo_t975(INFINITY), 1.959963984540, 1e-11);
}

/* The two ways to compute it meet at 200; and it falls with df. */
static void t_is_smooth(void **state)
{
    (void)state;
    double before = pmpo_t975(200) - pmpo_t975(199.5);
    double behind = pmpo_t975(200.5) - pmpo_t975(200);
    /* t = z + 2.37 / df + ..: the second difference is 2.37 / (2 df^3). */
    NEAR(behind - before, 2.372 / (2 * 200. * 200 * 200), 1e-8);
    NEAR(pmpo_t975(nextafter(200, 201)), pmpo_t975(200), 1e-10);
    double last = pmpo_t975(1);
    for (double df = 1.25; df < 400; df += 0.25) {
        double t = pmpo_t975(df);
        assert_true(t < last && t > 1.9599);
        last = t;
    }
    assert_true(isnan(pmpo_t975(0.5)));
    assert_true(isnan(pmpo_t975(-3)));
    assert_true(isnan(pmpo_t975(NAN)));
}

static void wilson(void **state)
{
    (void)state;
    pmpo_interval i = pmpo_wilson(8, 10);
    NEAR(i.value, 0.8, 1e-15);
    NEAR(i.low, 0.4901625, 5e-8);
    NEAR(i.high, 0.9433178, 5e-8);
    /* With k = 0 the formula is z^2 / (n + z^2). */
    double z2 = 1.959963984540054 * 1.959963984540054;
    i = pmpo_wilson(0, 20);
    assert_true(i.low == 0 && i.value == 0);
    NEAR(i.high, z2 / (20 + z2), 1e-14);
    i = pmpo_wilson(20, 20);
    assert_true(i.high == 1 && i.value == 1);
    NEAR(i.low, 20 / (20 + z2), 1e-14);
    i = pmpo_wilson(0, 0);
    assert_true(isnan(i.value) && isnan(i.low) && isnan(i.high));
    i = pmpo_wilson(3, 2);
    assert_true(isnan(i.value) && isnan(i.low) && isnan(i.high));
    for (size_t n = 1; n < 60; n++) {
        for (size_t k = 0; k <= n; k++) {
            pmpo_interval a = pmpo_wilson(k, n), b = pmpo_wilson(n - k, n);
            assert_true(0 <= a.low && a.low <= a.value);
            assert_true(a.value <= a.high && a.high <= 1);
            NEAR(a.low, 1 - b.high, 1e-14);
        }
    }
}

static void means(void **state)
{
    (void)state;
    const double x[] = {2, 4, 4, 4, 5, 5, 7, 9};
    NEAR(pmpo_mean(x, NULL, 8), 5, 0);
    /* Squares about the mean: 32. */
    NEAR(pmpo_mean_error(x, NULL, 8), sqrt(32.0 / 7 / 8), 1e-15);
    pmpo_interval i = pmpo_mean_interval(x, NULL, 8);
    NEAR(i.value, 5, 0);
    NEAR(i.high - 5, 2.364624251592785 * sqrt(32.0 / 56), 1e-9);
    NEAR(5 - i.low, i.high - 5, 1e-14);
    const double pair[] = {1, 3}; /* mean 2, error 1 */
    i = pmpo_mean_interval(pair, NULL, 2);
    NEAR(i.low, 2 - 12.7062047361747, 1e-9);
}

static void weighted_means(void **state)
{
    (void)state;
    const double x[] = {1, 2, 6}, w[] = {1, 2, 1}, equal[] = {7, 7, 7};
    NEAR(pmpo_mean(x, w, 3), 11.0 / 4, 1e-15);
    /* Residuals -1.75, -0.75, 3.25; times w, squared: 3.0625, 2.25, 10.5625. */
    NEAR(pmpo_mean_error(x, w, 3), sqrt(1.5 * 15.875) / 4, 1e-15);
    NEAR(pmpo_mean_error(x, equal, 3), pmpo_mean_error(x, NULL, 3), 1e-15);
    pmpo_interval i = pmpo_mean_interval(x, w, 3);
    NEAR(i.high - i.value, 4.302652729911275 * sqrt(1.5 * 15.875) / 4, 1e-8);
    /* What has no weight was not observed, not even a NAN. */
    const double y[] = {1, NAN, 2, 6}, v[] = {1, 0, 2, 1};
    NEAR(pmpo_mean(y, v, 4), 11.0 / 4, 1e-15);
    NEAR(pmpo_mean_error(y, v, 4), pmpo_mean_error(x, w, 3), 1e-15);
    NEAR(pmpo_mean_interval(y, v, 4).low, i.low, 1e-12);
}

static void too_few(void **state)
{
    (void)state;
    const double x[] = {3, 4}, none[] = {0, 0}, bad[] = {1, NAN, 2};
    assert_true(isnan(pmpo_mean(NULL, NULL, 0)));
    assert_true(isnan(pmpo_mean(x, none, 2)));
    assert_true(isnan(pmpo_mean_error(x, NULL, 1)));
    assert_true(isnan(pmpo_mean_error(x, NULL, 0)));
    pmpo_interval i = pmpo_mean_interval(x, NULL, 1);
    assert_true(i.value == 3 && isnan(i.low) && isnan(i.high));
    assert_true(isnan(pmpo_mean(bad, NULL, 3)));
    assert_true(isnan(pmpo_mean_error(bad, NULL, 3)));
    assert_true(isnan(pmpo_mean_interval(bad, NULL, 3).low));
}

static void log_sums(void **state)
{
    (void)state;
    const double x[] = {log(1), log(2), log(3)};
    NEAR(pmpo_logsumexp(x, 3), log(6), 1e-15);
    const double big[] = {1000, 1000}, small[] = {-1000, -1001};
    NEAR(pmpo_logsumexp(big, 2), 1000 + log(2), 1e-12);
    NEAR(pmpo_logsumexp(small, 2), -1000 + log1p(exp(-1)), 1e-12);
    const double ends[] = {-INFINITY, 5, INFINITY, NAN};
    assert_true(pmpo_logsumexp(NULL, 0) == -INFINITY);
    assert_true(pmpo_logsumexp(ends, 1) == -INFINITY);
    assert_true(pmpo_logsumexp(ends, 2) == 5);
    assert_true(pmpo_logsumexp(ends, 3) == INFINITY);
    assert_true(isnan(pmpo_logsumexp(ends, 4)));
}

static void softplus(void **state)
{
    (void)state;
    NEAR(pmpo_softplus_neg(0), log(2), 1e-15);
    NEAR(pmpo_softplus_neg(3), -log(1 / (1 + exp(-3))), 1e-15);
    NEAR(pmpo_softplus_neg(-3), -log(1 / (1 + exp(3))), 1e-14);
    NEAR(pmpo_softplus_neg(40) / exp(-40), 1, 1e-15); /* naive gives 0 */
    NEAR(pmpo_softplus_neg(-1e5), 1e5, 0);
    assert_true(pmpo_softplus_neg(1e5) == 0);
    assert_true(pmpo_softplus_neg(INFINITY) == 0);
    assert_true(pmpo_softplus_neg(-INFINITY) == INFINITY);
    assert_true(isnan(pmpo_softplus_neg(NAN)));
}

static void test_mcnemar(void **state)
{
    (void)state;
    assert_true(fabs(pmpo_mcnemar(0, 0) - 1) < 1e-12);
    assert_true(fabs(pmpo_mcnemar(0, 5) - 2.0 / 32) < 1e-12);
    assert_true(fabs(pmpo_mcnemar(5, 0) - 2.0 / 32) < 1e-12);
    /* 2 * (1 + 10 + 45) / 1024 */
    assert_true(fabs(pmpo_mcnemar(2, 8) - 112.0 / 1024) < 1e-12);
    assert_true(fabs(pmpo_mcnemar(5, 5) - 1) < 1e-12);
    assert_true(pmpo_mcnemar(0, 3000) < 1e-300);
}

static void test_spearman(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 5}, up[] = {1, 4, 9, 16, 25};
    const double down[] = {5, 4, 3, 2, 1}, flat[] = {1, 1, 1, 1, 1};
    /* ranks 1.5 1.5 3 4.5 4.5 against 1..5: 9 / sqrt(10 * 9) */
    const double ties[] = {0, 0, 1, 7, 7};
    NEAR(pmpo_spearman(x, up, 5), 1, 1e-12);
    NEAR(pmpo_spearman(x, down, 5), -1, 1e-12);
    NEAR(pmpo_spearman(x, ties, 5), 9 / sqrt(90), 1e-12);
    assert_true(isnan(pmpo_spearman(x, flat, 5)));
    assert_true(isnan(pmpo_spearman(x, up, 1)));
}

/* Of normal numbers the bootstrap's interval is about Student's, and the
 * p-value is small just where the interval excludes 0. */
static void test_bootstrap(void **state)
{
    (void)state;
    double x[200];
    uint64_t seed = 3;
    for (int i = 0; i < 200; i++) {
        x[i] = -6 + 0.3;
        for (int k = 0; k < 12; k++) {
            x[i] += pmpo_random_unit(&seed);
        }
    }
    pmpo_interval b = pmpo_bootstrap_mean(x, NULL, 200, 7);
    pmpo_interval t = pmpo_mean_interval(x, NULL, 200);
    assert_true(fabs(b.low - t.low) < 0.03 && fabs(b.high - t.high) < 0.03);
    pmpo_interval again = pmpo_bootstrap_mean(x, NULL, 200, 7);
    assert_true(b.low == again.low && b.high == again.high);
    assert_true(pmpo_mean_p(x, NULL, 200) < 0.01);
    for (int i = 0; i < 200; i++) {
        x[i] -= t.value;
    }
    assert_true(pmpo_mean_p(x, NULL, 200) > 0.5);
    assert_true(isnan(pmpo_bootstrap_mean(x, NULL, 1, 7).low));
    assert_true(isnan(pmpo_mean_p(x, NULL, 1)));
}

/* The p-value of a mean is below 5 % just where its interval excludes 0, and
 * for few numbers as seldom as it says. */
static void test_p_of_a_mean(void **state)
{
    (void)state;
    const size_t sizes[] = {2, 3, 5, 20, 150, 300, 700};
    uint64_t seed = 5;
    for (size_t k = 0; k < sizeof(sizes) / sizeof(*sizes); k++) {
        size_t n = sizes[k], found = 0;
        for (int t = 0; t < 1000; t++) {
            double x[700];
            for (size_t i = 0; i < n; i++) {
                x[i] = -6;
                for (int j = 0; j < 12; j++) {
                    x[i] += pmpo_random_unit(&seed);
                }
            }
            pmpo_interval v = pmpo_mean_interval(x, NULL, n);
            double p = pmpo_mean_p(x, NULL, n);
            found += p < 0.05;
            assert_true(fabs(p - 0.05) < 1e-4 ||
                        (p < 0.05) == (v.low > 0 || v.high < 0));
        }
        assert_in_range(found, 30, 72);
    }
    double three[] = {1, 2, 4}; /* t = sqrt 7: p = 1 - t / sqrt(2 + t^2) */
    NEAR(pmpo_mean_p(three, NULL, 3), 1 - sqrt(7) / 3, 1e-12);
}

static size_t group_up(const double *d, const double *asked, size_t n,
                       double *x, double *w)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = d[i] / asked[i];
        w[i] = asked[i];
    }
    return n;
}

#define MOST 90 /* examples */

/* Of n examples `up` are right only with the second treatment, `down` only with the
 * first. */
static pmpo_interval of_shares(size_t up, size_t down, size_t n, double *p)
{
    double x[MOST], w[MOST];
    for (size_t i = 0; i < n; i++) {
        x[i] = i < up ? 1 : i < up + down ? -1 : 0;
        w[i] = 1;
    }
    return pmpo_paired_groups(x, w, n, 1, p);
}

/* An input that stands twice weighs as it counts. */
static void test_paired_groups(void **state)
{
    (void)state;
    double x[9], w[9], p;
    pmpo_interval v =
        of_shares(27, 0, 90, &p); /* by hand: 27/92, sqrt(29 - 27^2/92) */
    NEAR(v.value, 0.3, 1e-12);
    NEAR(v.low, (27 - 1.959963984540054 * sqrt(29 - 27 * 27 / 92.0)) / 92,
         1e-12);
    NEAR(v.high, (27 + 1.959963984540054 * sqrt(29 - 27 * 27 / 92.0)) / 92,
         1e-12);
    const double asked[] = {2, 1, 1, 1, 1, 1, 1, 1, 1};
    const double twice[] = {2, 2, 1, 1, 0, 0, 0, 0, 0};
    const double both[] = {2, 2, 1, 1, 1, 1, 1, 1, 1};
    size_t n = group_up(twice, both, 9, x, w);
    v = pmpo_paired_groups(x, w, n, 1, &p);
    assert_true(p > 0.05 && v.low == 0 && v.high <= 1);
    NEAR(v.value, 6.0 / 11, 1e-12);
    /* All ten times over: as sure as once. */
    for (size_t i = 0; i < 9; i++) {
        x[i] = i < 6;
        w[i] = 10;
    }
    v = pmpo_paired_groups(x, w, 9, 1, &p);
    pmpo_interval once = of_shares(6, 0, 9, &p);
    NEAR(v.low, once.low, 1e-12);
    NEAR(v.high, once.high, 1e-12);
    NEAR(pmpo_paired_z(x, w, 9), 6 / sqrt(6 + 2), 1e-12);
    /* None differs: what nine inputs can rule out. */
    n = group_up((const double[9]){0}, asked, 9, x, w);
    v = pmpo_paired_groups(x, w, n, 1, &p);
    assert_true(p == 1 && v.value == 0 && v.low == -v.high);
    NEAR(v.high, 1 - pow(0.025, 1.0 / 9), 1e-9);
    v = pmpo_paired_groups(x, w, 0, 1, &p);
    assert_true(isnan(p) && isnan(v.value));
    assert_true(pmpo_paired_z(x, w, 0) == 0);
    /* One input three times is less than three inputs. */
    assert_true(pmpo_paired_z((const double[]){1, 1, 1, 0}, asked + 1, 4) > 1);
    assert_true(
        pmpo_paired_z((const double[]){3, 0}, (const double[]){3, 3}, 2) < 1);
}

static void paired_intervals_agree_with_the_test(void **state)
{
    (void)state;
    for (size_t up = 0; up <= MOST; up++) {
        for (size_t down = 0; up + down <= MOST; down++) {
            for (size_t n = up + down; n <= MOST; n += 1 + n / 3) {
                double p;
                pmpo_interval v = of_shares(up, down, n, &p);
                bool without_zero = v.low > 0 || v.high < 0;
                assert_int_equal(without_zero, pmpo_mcnemar(up, down) < 0.05);
                assert_true(n == 0 || (v.low <= v.value && v.value <= v.high));
                assert_true(n == 0 || (v.low >= -1 && v.high <= 1));
            }
        }
    }
}

/* The probability that the interval of n examples holds the truth, where a share
 * `up` of all is right only with the second treatment and `down` with the first. */
static double coverage(double up, double down, size_t n)
{
    double sum = 0, ways_up = 1, p;
    for (size_t a = 0; a <= n; a++) {
        double ways = ways_up;
        for (size_t b = 0; a + b <= n; b++) {
            pmpo_interval v = of_shares(a, b, n, &p);
            bool holds = v.low <= up - down && up - down <= v.high;
            sum += holds ? ways * pow(up, (double)a) * pow(down, (double)b) *
                               pow(1 - up - down, (double)(n - a - b))
                         : 0;
            ways *= (double)(n - a - b) / (double)(b + 1);
        }
        ways_up *= (double)(n - a) / (double)(a + 1);
    }
    return sum;
}

static void paired_intervals_hold_the_truth(void **state)
{
    (void)state;
    static const double shares[][2] = {{0.3, 0},     {0.3, 0.01}, {0.3, 0.02},
                                       {0.1, 0.02},  {0.05, 0},   {0.22, 0.08},
                                       {0.01, 0.01}, {0.9, 0},    {0.4, 0.3}};
    static const size_t sizes[] = {12, 24, 50, 90};
    for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++) {
        for (size_t k = 0; k < sizeof(sizes) / sizeof(*sizes); k++) {
            double held = coverage(shares[i][0], shares[i][1], sizes[k]);
            print_message("%g, %g of %zu: %.3f\n", shares[i][0], shares[i][1],
                          sizes[k], held);
            assert_true(held > 0.94);
        }
    }
}

/* ---- groups -------------------------------------------------------------- */

static void test_by_group(void **state)
{
    (void)state;
    double x[] = {1, 5, 3, NAN, 7, 9}, w[] = {1, 2, 3, 0, 1, 0};
    const size_t group[] = {0, 1, 0, 2, 1, 2};
    assert_int_equal(pmpo_by_group(x, w, group, 6), 2); /* 2 has no weight */
    NEAR(x[0], 10.0 / 4, 1e-15);
    NEAR(x[1], 17.0 / 3, 1e-15);
    assert_true(w[0] == 4 && w[1] == 3);
    double y[] = {1, 2, 6}, v[] = {1, 2, 1};
    assert_int_equal(pmpo_by_group(y, v, NULL, 3), 3);
    assert_true(y[1] == 2 && v[1] == 2);
}

/* How often 95 % intervals of marks or numbers that are the same within groups
 * of four miss the mean that they are drawn from. */
static double miss_rate(bool grouped, bool marks)
{
    enum { G = 30, SIZE = 4, N = G * SIZE };
    uint64_t seed = 11;
    int missed = 0, times = 1000;
    for (int t = 0; t < times; t++) {
        double x[N], w[N];
        size_t group[N], right = 0;
        for (size_t i = 0; i < N; i++) {
            double u = i % SIZE ? 0 : pmpo_random_unit(&seed);
            group[i] = i / SIZE;
            x[i] = i % SIZE ? x[i - 1] : marks ? u < 0.3 : u;
            w[i] = 1;
            right += x[i] == 1;
        }
        size_t n = pmpo_by_group(x, w, grouped ? group : NULL, N);
        pmpo_interval v = marks ? pmpo_wilson_grouped(x, w, n)
                                : pmpo_mean_interval(x, w, n);
        double mean = marks ? 0.3 : 0.5;
        missed += v.low > mean || v.high < mean;
        if (marks && !grouped) { /* it is Wilson's, then */
            assert_true(v.low == pmpo_wilson(right, N).low);
        }
    }
    return (double)missed / times;
}

static void test_groups_keep_the_level(void **state)
{
    (void)state;
    for (int marks = 0; marks < 2; marks++) {
        assert_true(miss_rate(false, marks) > 0.2);
        assert_true(miss_rate(true, marks) < 0.07);
    }
}

/* Copies of what is known add nothing: neither to an interval nor to a test. */
static void test_copies_add_nothing(void **state)
{
    (void)state;
    double one[12], ones[12], x[36], w[36], d[12];
    size_t group[36];
    for (size_t i = 0; i < 12; i++) {
        one[i] = i % 4 == 0;
        ones[i] = 1;
        d[i] = i < 9 ? 3 : -3; /* three pairs each went that way */
    }
    for (size_t i = 0; i < 36; i++) {
        x[i] = one[i / 3];
        w[i] = 1;
        group[i] = i / 3;
    }
    pmpo_interval few = pmpo_mean_interval(one, ones, 12);
    pmpo_interval boot = pmpo_bootstrap_mean(one, ones, 12, 5);
    size_t n = pmpo_by_group(x, w, group, 36);
    pmpo_interval many = pmpo_mean_interval(x, w, n);
    NEAR(few.low, many.low, 1e-14);
    NEAR(few.high, many.high, 1e-14);
    assert_true(boot.low == pmpo_bootstrap_mean(x, w, n, 5).low);
    /* Effectively 12 marks, and Student's quantile for the normal one. */
    pmpo_interval share = pmpo_wilson_grouped(x, w, n), of12 = pmpo_wilson(3, 12);
    assert_true(share.low < of12.low && share.high > of12.high);
    assert_true(share.low > 0.05 && share.high < 0.6);
    /* 9 against 3, not 27 against 9. */
    assert_true(pmpo_mcnemar_grouped(d, 12, 5) == pmpo_mcnemar(9, 3));
    const double all[] = {1, 1, 1}, three[] = {3, 3, 3};
    assert_true(pmpo_wilson_grouped(all, three, 3).low
                < pmpo_wilson(3, 3).low);
    assert_true(isnan(pmpo_wilson_grouped(all, three, 1).low));
    assert_true(isnan(pmpo_wilson_grouped(all, three, 0).value));
}

/* The share of all choices of signs whose sum is as far from 0 as d's. */
static double of_all_signs(const double *d, unsigned n)
{
    double seen = 0, as_far = 0;
    for (unsigned i = 0; i < n; i++) {
        seen += d[i];
    }
    for (unsigned signs = 0; signs < 1u << n; signs++) {
        double sum = 0;
        for (unsigned i = 0; i < n; i++) {
            sum += signs >> i & 1 ? d[i] : -d[i];
        }
        as_far += fabs(sum) >= fabs(seen) - 1e-9;
    }
    return as_far / (1u << n);
}

/* Groups of several sizes: by random signs, fine enough for small levels. */
static void unequal_groups(void **state)
{
    (void)state;
    const double even[10] = {3, 1, 1, -1, 2, -1, 1, 0, 1, -2};
    double clear[17] = {2};
    assert_true(fabs(pmpo_mcnemar_grouped(even, 10, 5) -
                     of_all_signs(even, 10)) < 0.01);
    for (size_t i = 1; i < 17; i++) {
        clear[i] = 1;
    }
    assert_true(of_all_signs(clear, 17) < 0.0001);
    assert_true(pmpo_mcnemar_grouped(clear, 17, 5) < 0.0004);
}

/* Better and worse are of the answers where these were marked. */
static void test_findings(void **state)
{
    (void)state;
    static const struct {
        pmpo_interval answers, loss;
        pmpo_finding want;
    } rows[] = {
        {{NAN, NAN, NAN}, {0.2, 0.1, 0.3}, PMPO_FINDING_LOSS},
        {{NAN, NAN, NAN}, {0.2, -0.1, 0.5}, PMPO_FINDING_NOT_SHOWN},
        {{NAN, NAN, NAN}, {-0.2, -0.3, -0.1}, PMPO_FINDING_WORSE},
        {{0.1, -0.1, 0.3}, {0.2, 0.1, 0.3}, PMPO_FINDING_LOSS_ALONE},
        {{0.1, 0.01, 0.3}, {-0.2, -0.3, -0.1}, PMPO_FINDING_BETTER},
        {{-0.1, -0.2, -0.01}, {0.2, 0.1, 0.3}, PMPO_FINDING_WORSE},
        {{0.1, NAN, NAN}, {0.2, NAN, NAN}, PMPO_FINDING_NOT_SHOWN},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(pmpo_finding_of(&rows[i].answers, &rows[i].loss),
                         rows[i].want);
    }
}

/* ---- what scores of labels tell ------------------------------------------------ */

#define N 12
#define K 3

static double mean_told(const double *scores, const size_t *right)
{
    double x[N * K], out[N], sum = 0;
    size_t counts[K];
    for (size_t i = 0; i < N * K; i++) {
        x[i] = scores[i];
    }
    pmpo_discern(x, right, N, K, counts, out);
    for (size_t i = 0; i < N; i++) {
        sum += out[i];
    }
    return sum / N;
}

static void told_by_scores(void **state)
{
    (void)state;
    static const size_t right[N] = {0, 1, 2, 0, 1, 2, 0, 0, 0, 1, 0, 2};
    static const double share[K] = {6, 3, 3};
    double none[N * K], some[N * K], moved[N * K], all[N * K], against[N * K];
    double entropy = 0;
    uint64_t seed = 4;
    for (size_t j = 0; j < K; j++) {
        entropy -= share[j] / N * log(share[j] / N);
    }
    for (size_t i = 0; i < N * K; i++) {
        size_t j = i % K;
        double noise = (double)(pmpo_random(&seed) >> 11) /
                       (double)(1ULL << 53);
        bool is = right[i / K] == j;
        none[i] = -1.0 - 3.0 * (double)j; /* of all examples the same */
        some[i] = -2 + is + noise;
        moved[i] = 3 * some[i] - 40 * (double)j - 0.5 * (double)(i / K);
        all[i] = is ? -0.1 : -20;
        against[i] = is ? -20 : -0.1;
    }
    NEAR(mean_told(none, right), entropy, 1e-9);
    NEAR(mean_told(against, right), entropy, 1e-9); /* no scale below 0 */
    assert_true(mean_told(some, right) < entropy - 0.1);
    assert_true(mean_told(all, right) < 0.01);
    assert_true(mean_told(moved, right) < entropy - 0.1);
    for (size_t i = 0; i < N * K;
         i++) { /* a bias and sums of rows tell nothing */
        moved[i] = some[i] - 40 * (double)(i % K) - 0.5 * (double)(i / K);
    }
    NEAR(mean_told(moved, right), mean_told(some, right), 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unequal_groups),
        cmocka_unit_test(told_by_scores),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_spearman),
        cmocka_unit_test(test_bootstrap),
        cmocka_unit_test(test_p_of_a_mean),
        cmocka_unit_test(test_paired_groups),
        cmocka_unit_test(paired_intervals_agree_with_the_test),
        cmocka_unit_test(paired_intervals_hold_the_truth),
        cmocka_unit_test(test_mcnemar),
        cmocka_unit_test(test_by_group),
        cmocka_unit_test(test_groups_keep_the_level),
        cmocka_unit_test(test_copies_add_nothing),
        cmocka_unit_test(t_quantiles),
        cmocka_unit_test(t_is_smooth),
        cmocka_unit_test(wilson),
        cmocka_unit_test(means),
        cmocka_unit_test(weighted_means),
        cmocka_unit_test(too_few),
        cmocka_unit_test(log_sums),
        cmocka_unit_test(softplus),
    };
    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
