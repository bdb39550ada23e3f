/* words.c: the names of the public enums' values, from their lists in
 * pmpo.h. */
#include "pmpo.h"

const char *pmpo_fate_name(pmpo_fate fate)
{
    switch (fate) {
#define X(name, word)                                                          \
    case name:                                                                 \
        return word;
        PMPO_FATES(X)
#undef X
    }
    return "";
}
