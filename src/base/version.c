/* version.c: the version, which the build defines. */
#include "pmpo.h"

const char *pmpo_version(void)
{
    return PMPO_VERSION;
}
