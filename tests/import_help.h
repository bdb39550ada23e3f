/* import_help.h: what the tests of the importers share. */
#ifndef PMPO_TESTS_IMPORT_HELP_H
#define PMPO_TESTS_IMPORT_HELP_H

#include "data_help.h"

#include "data/import.h"

#define USER "{\"role\":\"user\",\"content\":\"u\"}"
#define ASSISTANT "{\"role\":\"assistant\",\"content\":\"a\"}"

static const char csv[] =
    "\xef\xbb\xbfid,question,target,\"options\",weight,note\r\n"
    "a,\"Which, of \"\"two\"\",\r\nis it?\",yes,yes | no,2,\r\n"
    "\r\n"
    "b,Plain?,no,\"[\"\"no\"\", \"\"yes\"\"]\",,x\r\n"
    "c,,maybe,,0.5,";

static inline pmpo_import_options options_for(const char *format)
{
    pmpo_import_options o;
    pmpo_import_options_init(&o);
    o.format = format;
    return o;
}

static inline pmpo_data *import_with(const pmpo_import_options *o,
                                     const char *text, pmpo_import_summary *sum)
{
    pmpo_data *d = NULL;
    pmpo_error err = {.code = 0};
    const char *const name = "f";
    const pmpo_str bytes = pmpo_str_of(text);
    if (pmpo_import_parse(&bytes, &name, 1, o, &d, sum, &err) < 0) {
        fail_msg("%s", err.text);
    }
    return d;
}

static inline pmpo_data *import(const char *format, const char *text,
                                pmpo_import_summary *sum)
{
    const pmpo_import_options o = options_for(format);
    return import_with(&o, text, sum);
}

#define at(d, i) pmpo_data_example((d), (i))

/* What was imported must load, and be the same then. */
static inline void assert_loads(pmpo_data *d)
{
    pmpo_data_report *r;
    pmpo_data *again;
    const char *path = in_folder("out.jsonl");
    assert_int_equal(pmpo_data_write(d, NULL, 0, path, NULL), 0);
    assert_int_equal(pmpo_data_load(path, NULL, &again, NULL), 0);
    assert_int_equal(pmpo_data_check(path, &r, NULL), 0);
    unlink(path);
    assert_int_equal(r->n_errors, 0);
    assert_int_equal(pmpo_data_count(again), pmpo_data_count(d));
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        assert_same(at(d, i), at(again, i));
    }
    pmpo_data_report_free(r);
    pmpo_data_free(again);
    pmpo_data_free(d);
}

#endif
