/* import_alpaca.c: annotations of AlpacaEval, which of two outputs is better.
 *
 * {"instruction", "output_1", "output_2", "preference"}, where preference
 * goes from 1 (the first) to 2 (the second). 1.5 is a tie, in old files also
 * 0; null is an annotator that gave no answer. */
#include "data/import.h"

#include "base/error.h"

typedef struct verdict {
    int chosen;         /* 1 or 2; 0: none */
    const char *reason; /* why none */
} verdict;

static int read_verdict(json_t *o, verdict *out, pmpo_error *err)
{
    json_t *v = json_object_get(o, "preference");
    double p = json_number_value(v);
    *out = (verdict){0, "no preference"};
    if (json_is_null(v)) {
        return 0;
    }
    if (!v) {
        return pmpo_fail(err, PMPO_EDATA, "no preference");
    }
    if (!json_is_number(v) || !((p >= 1 && p <= 2) || (p >= 0 && p <= 0))) {
        return pmpo_fail(err, PMPO_EDATA,
                         "preference is not a number from 1 to 2");
    }
    *out = (verdict){p < 1 ? 0 : p < 1.5 ? 1 : p > 1.5 ? 2 : 0, "a tie"};
    return 0;
}

/* The instruction and, in data of that lineage, an input to it. */
static int put_input(pmpo_fields *f, json_t *o, pmpo_error *err)
{
    pmpo_str instruction, extra = {"", 0};
    int rc = pmpo_record_text(o, "instruction", &instruction, err);
    if (rc == 0 && pmpo_json_field(o, "input")) {
        rc = pmpo_record_text(o, "input", &extra, err);
    }
    if (rc < 0) {
        return rc;
    }
    pmpo_buf b = {0};
    pmpo_buf_put(&b, instruction);
    pmpo_buf_puts(&b, extra.len ? "\n\n" : "");
    pmpo_buf_put(&b, extra);
    f->failed |= b.failed;
    pmpo_fields_text(f, "input", pmpo_buf_str(&b));
    pmpo_buf_release(&b);
    return 0;
}

static int read_record(pmpo_import *im, json_t *o, int line, pmpo_error *err)
{
    pmpo_str output[2];
    verdict v;
    int rc = pmpo_record_text(o, "output_1", &output[0], err);
    if (rc == PMPO_EDATA && !pmpo_json_field(o, "output_1") &&
        !pmpo_json_field(o, "output_2")) { /* no judgement: Alpaca's, perhaps */
        return pmpo_jsonl_advise(&im->r, o, err);
    }
    rc = rc < 0 ? rc : pmpo_record_text(o, "output_2", &output[1], err);
    rc = rc < 0 ? rc : read_verdict(o, &v, err);
    if (rc < 0) {
        return rc;
    }
    const char *why = pmpo_not_a_pair(output[0], output[1]);
    if (v.chosen == 0 || why) {
        return pmpo_import_drop(im, v.chosen == 0 ? v.reason : why);
    }
    pmpo_fields f = {.object = json_object()};
    rc = put_input(&f, o, err);
    if (rc < 0) {
        json_decref(f.object);
        return rc;
    }
    pmpo_fields_text(&f, "chosen", output[v.chosen - 1]);
    pmpo_fields_text(&f, "rejected", output[2 - v.chosen]);
    return pmpo_import_put(im, &f, line, err);
}

int pmpo_import_alpaca(pmpo_import *im, pmpo_str text, pmpo_error *err)
{
    return pmpo_import_records(im, text, read_record, err);
}
