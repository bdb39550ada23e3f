/* fuzz_import.c: any bytes as a file to import. The first line says how: a
 * format and, with a blank between, a form. What is imported must load again;
 * what is not must say why in one line. */
#include <stdint.h>
#include <stdlib.h>

#include "base/str.h"
#include "data/data.h"
#include "data/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(int truth)
{
    if (!truth) {
        abort();
    }
}

static void check_loads(const pmpo_data *d)
{
    pmpo_buf lines = {0};
    pmpo_data *again;
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        must(pmpo_example_json(pmpo_data_example(d, i), &lines, NULL) == 0);
        pmpo_buf_putc(&lines, '\n');
    }
    must(pmpo_data_parse(pmpo_buf_str(&lines), "again", NULL, &again, NULL) ==
         0);
    must(pmpo_data_count(again) == pmpo_data_count(d));
    pmpo_data_free(again);
    pmpo_buf_release(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char head[40];
    size_t len = 0;
    while (len < n && len + 1 < sizeof(head) && bytes[len] != '\n') {
        len++;
    }
    memcpy(head, bytes, len);
    head[len] = '\0';
    char *form = strchr(head, ' ');
    pmpo_import_options o;
    pmpo_import_options_init(&o);
    o.format = head;
    if (form) {
        *form = '\0';
        o.as = form + 1;
    }
    const char *const name = "fuzz";
    const size_t from = len + (len < n);
    const pmpo_str text = {(const char *)bytes + from, n - from};
    pmpo_data *d;
    pmpo_error err = {.code = 0};
    int rc = pmpo_import_parse(&text, &name, 1, &o, &d, NULL, &err);
    if (rc == 0) {
        check_loads(d);
        pmpo_data_free(d);
        return 0;
    }
    must((rc == PMPO_EDATA || rc == PMPO_EUSAGE) && err.code == rc);
    must(rc == PMPO_EUSAGE ||
         pmpo_str_starts(pmpo_str_of(err.text), PMPO_STR("fuzz:")));
    return 0;
}
