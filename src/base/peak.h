/* peak.h: what the processor's multiply-add units do at most. */
#ifndef PMPO_BASE_PEAK_H
#define PMPO_BASE_PEAK_H

/* Floating point operations a second (a multiply-add is two) of f32 numbers
 * that stay in registers, by `threads` threads at once, with the widest vectors
 * that this processor and this build know. Measured for about a second: the
 * best of some rounds, as others may use the cores meanwhile. 0: no threads. */
double pmpo_peak_flops(int threads);

#endif
