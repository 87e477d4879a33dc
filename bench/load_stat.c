/* Clocks, /proc and the histogram: the instruments of the load generator. */
#include "load_stat.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static size_t histogram_index(uint64_t value_ns)
{
    if (value_ns < HISTOGRAM_STEPS) {
        return (size_t)value_ns;
    }
    unsigned octave = 63 - (unsigned)__builtin_clzll(value_ns); /* at least 6 */
    size_t index = (size_t)(octave - 5) * HISTOGRAM_STEPS +
                   (size_t)((value_ns >> (octave - 6)) & (HISTOGRAM_STEPS - 1));
    size_t last = HISTOGRAM_STEPS * HISTOGRAM_OCTAVES - 1;
    return index < last ? index : last;
}

void histogram_add(struct histogram *histogram, uint64_t value_ns, uint64_t times)
{
    histogram->counts[histogram_index(value_ns)] += times;
    histogram->count += times;
    if (value_ns > histogram->max_ns) {
        histogram->max_ns = value_ns;
    }
}

uint64_t histogram_at(const struct histogram *histogram, double share)
{
    uint64_t wanted = (uint64_t)((double)histogram->count * share), seen = 0;
    for (size_t i = 0; i < HISTOGRAM_STEPS * HISTOGRAM_OCTAVES; i++) {
        seen += histogram->counts[i];
        if (seen > wanted || (seen == histogram->count && seen > 0)) {
            size_t octave = i / HISTOGRAM_STEPS, step = i % HISTOGRAM_STEPS;
            uint64_t value =
                octave == 0 ? step : (uint64_t)(HISTOGRAM_STEPS + step) << (octave - 1);
            return value < histogram->max_ns ? value : histogram->max_ns;
        }
    }
    return 0;
}

uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void sleep_ns(uint64_t ns)
{
    struct timespec time = {.tv_sec = (time_t)(ns / 1000000000u),
                            .tv_nsec = (long)(ns % 1000000000u)};
    nanosleep(&time, NULL);
}

uint64_t process_cpu_ns(pid_t pid)
{
    clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
    struct timespec used;
    if ((pid != 0 && clock_getcpuclockid(pid, &clock) != 0) || clock_gettime(clock, &used) != 0) {
        fail("process %d is gone", (int)pid);
    }
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

uint64_t process_kib(pid_t pid, const char *key)
{
    char path[64], line[256];
    uint64_t kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, key, strlen(key)) == 0) {
            kib = strtoull(line + strlen(key), NULL, 10);
        }
    }
    if (file) {
        fclose(file);
    }
    return kib;
}

void process_peak_reset(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/clear_refs", (int)pid);
    FILE *file = fopen(path, "we");
    if (file) {
        fputs("5", file);
        fclose(file);
    }
}

uint64_t process_fds(pid_t pid)
{
    char path[64];
    uint64_t count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL) {
        count += entry->d_name[0] != '.';
    }
    if (folder) {
        closedir(folder);
    }
    return count;
}

uint64_t tcp_kib(void)
{
    char line[256];
    uint64_t pages = 0;
    FILE *file = fopen("/proc/net/sockstat", "re");
    while (file && fgets(line, sizeof line, file)) {
        const char *mem = strncmp(line, "TCP:", 4) == 0 ? strstr(line, " mem ") : NULL;
        if (mem) {
            pages = strtoull(mem + 5, NULL, 10);
        }
    }
    if (file) {
        fclose(file);
    }
    return pages * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

void *get_memory(size_t count, size_t bytes)
{
    void *memory = calloc(count, bytes);
    if (!memory) {
        fail("out of memory");
    }
    return memory;
}

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}
