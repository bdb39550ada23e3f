/* peak.h: the peak rate of the processor's multiply-add units. */
#ifndef PMPO_BASE_PEAK_H
#define PMPO_BASE_PEAK_H

/* Floating-point operations per second (a multiply-add is two) on f32 values in
 * registers, by `threads` threads at once, with the widest vectors that both
 * this processor and this build support. Measures for about a second and
 * returns the best of several rounds, because other programs may use the cores
 * meanwhile. 0: no threads could be started. */
double pmpo_peak_flops(int threads);

#endif
