/* header.c: pmpo.h compiles alone, as C11, and the codes map to exits. */
#include <pmpo.h>

int main(void)
{
    pmpo_str s = PMPO_STR("x");
    return s.len == 1 && PMPO_OK == 0 ? 0 : 1;
}
