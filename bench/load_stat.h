/*
 * What is measured and how: latencies in a histogram, CPU time and memory of a process by its id.
 */
#ifndef BENCH_LOAD_STAT_H
#define BENCH_LOAD_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Buckets of 1/64 of an octave: a percentile is right within 1.6 %. */
enum { HISTOGRAM_STEPS = 64, HISTOGRAM_OCTAVES = 40 };

struct histogram {
    uint64_t counts[HISTOGRAM_STEPS * HISTOGRAM_OCTAVES];
    uint64_t count;
    uint64_t max_ns;
};

void histogram_add(struct histogram *histogram, uint64_t value_ns, uint64_t times);
/* The value that `share` (0 to 1) of all values do not pass, in ns; 0 if there are none. */
uint64_t histogram_at(const struct histogram *histogram, double share);

/* CLOCK_MONOTONIC, in ns. */
uint64_t now_ns(void);
void sleep_ns(uint64_t ns);

/* utime + stime of all threads of `pid`, the ended ones too, in ns; 0 = this process. Ends the
 * program if there is no such process. */
uint64_t process_cpu_ns(pid_t pid);
/* A value in KiB from the status of `pid`: "VmRSS:" or "VmHWM:"; 0 if it is gone. */
uint64_t process_kib(pid_t pid, const char *key);
/* Makes the kernel forget the high-water mark of memory, so that VmHWM starts anew. */
void process_peak_reset(pid_t pid);
/* Open descriptors of `pid`. */
uint64_t process_fds(pid_t pid);
/* Memory of all TCP sockets of the machine, in KiB. */
uint64_t tcp_kib(void);

/* Memory or the end of the program. */
void *get_memory(size_t count, size_t bytes);
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
