/* import_bbh.c: BIG-Bench Hard files; bbh.c reads them. */
#include "data/import.h"

#include "base/error.h"

int pmpo_import_bbh(pmpo_import *im, pmpo_str text, pmpo_error *err)
{
    bool is_bbh;
    json_t *root;
    int line = 1;
    int rc = pmpo_import_check(im, text, err);
    rc = rc < 0 ? rc : pmpo_bbh_sniff(text, &is_bbh, &root, &line, err);
    if (rc < 0) {
        return rc;
    }
    if (is_bbh && !root) {
        return pmpo_reader_bad(&im->r, line, err);
    }
    if (!is_bbh) {
        return pmpo_str_trim(text).len == 0
                   ? 0
                   : pmpo_fail(err, PMPO_EDATA, "%s: not a BIG-Bench Hard "
                               "file: no list \"examples\" in one JSON object",
                               im->r.name);
    }
    rc = pmpo_import_task(im, pmpo_bbh_task(im->r.name), err);
    rc = rc < 0 ? rc : pmpo_bbh_read(&im->r, root, err);
    json_decref(root);
    return rc;
}
