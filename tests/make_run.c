/* make_run.c: make_run FILE EXAMPLES ITERATIONS CANDIDATES WORDS [EVIL]: a
 * made-up run for looking at reports; see made_run.h. Half of the examples are
 * for testing; CANDIDATES are those of an iteration. */
#include "made_run.h"

int main(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: make_run FILE EXAMPLES ITERATIONS CANDIDATES "
                "WORDS [EVIL]\n");
        return 2;
    }
    size_t n = strtoul(argv[2], NULL, 10);
    const made_run m = {.n_train = n / 4,
                        .n_val = n / 4,
                        .n_test = n - n / 4 * 2,
                        .n_iterations = atoi(argv[3]),
                        .n_candidates = atoi(argv[4]),
                        .n_words = strtoul(argv[5], NULL, 10),
                        .evil = argc > 6 ? argv[6] : NULL};
    make_run_file(argv[1], &m);
    return 0;
}
