/* llama_machine.c: see llama_machine.h. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "engine/llama/llama_machine.h"

#include <sched.h>
#include <stdio.h>

uint64_t pmpo_available_bytes(void)
{
    FILE *f = fopen("/proc/meminfo", "r");
    unsigned long long kb = 0;
    char line[128];
    while (f && fgets(line, sizeof(line), f)) {
        if (sscanf(line, "MemAvailable: %llu kB", &kb) == 1) {
            break;
        }
    }
    if (f) {
        fclose(f);
    }
    return kb * 1024;
}

int pmpo_usable_threads(int asked)
{
    cpu_set_t set;
    if (asked > 0) {
        return asked;
    }
    if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0) {
        return CPU_COUNT(&set);
    }
    return 1;
}
