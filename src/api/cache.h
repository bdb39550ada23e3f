/* cache.h: the score cache of this user. */
#ifndef PMPO_API_CACHE_H
#define PMPO_API_CACHE_H

#include "store/store.h"

/* Opens the user's score cache; with `off`, *out is NULL. If its folder can't
 * be made, the cache stores nothing and pmpo_cache_trouble says why. Fails only
 * if memory runs out. */
int pmpo_user_cache(bool off, pmpo_cache **out, pmpo_error *err);

#endif
