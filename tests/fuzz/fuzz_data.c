/* fuzz_data.c: any bytes as a data file. What loads must write and load again
 * as the same; what does not must say why in one line. */
#include <stdint.h>
#include <stdlib.h>

#include "base/str.h"
#include "data/data.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(int truth)
{
    if (!truth) {
        abort();
    }
}

/* An example written as JSON and read back is written the same again. */
static void check_example(const pmpo_example *e)
{
    pmpo_buf first = {0}, second = {0};
    pmpo_data *again;
    must(pmpo_example_json(e, &first, NULL) == 0);
    must(pmpo_data_parse(pmpo_buf_str(&first), "again", NULL, &again, NULL) ==
         0);
    must(pmpo_data_count(again) == 1);
    must(pmpo_example_json(pmpo_data_example(again, 0), &second, NULL) == 0);
    must(pmpo_str_eq(pmpo_buf_str(&first), pmpo_buf_str(&second)));
    pmpo_data_free(again);
    pmpo_buf_release(&first);
    pmpo_buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    pmpo_data *d;
    pmpo_error err = {.code = 0};
    pmpo_str text = {(const char *)bytes, n};
    int rc = pmpo_data_parse(text, "fuzz", NULL, &d, &err);
    if (rc < 0) {
        must(rc == PMPO_EDATA && err.code == rc);
        must(pmpo_str_starts(pmpo_str_of(err.text), PMPO_STR("fuzz:")));
        return 0;
    }
    size_t count = pmpo_data_count(d);
    unsigned char *part = calloc(count, 1);
    const pmpo_split split = {-1, -1, -1, 7};
    must(part && pmpo_data_split(d, &split, part, NULL) == 0);
    for (size_t i = 0; i < count; i++) {
        check_example(pmpo_data_example(d, i));
    }
    free(part);
    pmpo_data_free(d);
    return 0;
}
