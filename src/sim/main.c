/*
 * madang-sim SEED: one run. Its last line on standard output is "seed N steps S digest H"; the exit
 * status is 0, or 1 after a violation. With --seconds or --hours: fresh seeds in a loop.
 */
#include "base/check.h"
#include "base/mem.h"
#include "sim/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct arguments {
    uint64_t seed;
    uint64_t count; /* Seeds from seed on. */
    double seconds; /* Of real time; 0: no bound. */
    double hours;   /* Of simulated time; 0: no bound. */
    bool trace;
    bool marks;
    bool twice; /* Each seed is run twice, and must do the same. */
};

struct totals {
    uint64_t passed;
    uint64_t failed;
    uint64_t steps;
    int64_t ms;
    uint64_t marks[MARK_COUNT];
};

struct outcome {
    uint64_t digest;
    uint64_t steps;
    bool failed;
};

static int usage(void)
{
    fprintf(stderr, "usage: madang-sim [--trace] [--marks] [--twice] [--count N] [--seconds N] "
                    "[--hours N] SEED\n");
    return 2;
}

static struct outcome run_once(const struct arguments *arguments, uint64_t seed,
                               struct totals *totals)
{
    struct world *world = mem_zalloc(1, sizeof(*world));
    check(world != NULL);
    world_run(world, seed, arguments->trace);
    struct outcome outcome = {
        .digest = world->report.digest,
        .steps = world->report.step_count,
        .failed = world->report.failed,
    };
    if (outcome.failed) {
        printf("violation: seed %llu: %.*s\n", (unsigned long long)seed,
               (int)world->report.violation.count, world->report.violation.data);
    }
    for (size_t i = 0; i < MARK_COUNT; i++) {
        totals->marks[i] += world->report.marks[i];
    }
    totals->steps += outcome.steps;
    totals->ms += world->report.now_ms;
    world_finish(world);
    mem_free(world);
    return outcome;
}

static void run_seed(const struct arguments *arguments, uint64_t seed, struct totals *totals)
{
    struct outcome first = run_once(arguments, seed, totals);
    if (arguments->twice) {
        struct outcome second = run_once(arguments, seed, totals);
        if (second.digest != first.digest || second.steps != first.steps) {
            printf("violation: seed %llu: the second run is another: digest %016llx, %016llx\n",
                   (unsigned long long)seed, (unsigned long long)first.digest,
                   (unsigned long long)second.digest);
            first.failed = true;
        }
    }
    totals->passed += first.failed ? 0 : 1;
    totals->failed += first.failed ? 1 : 0;
    printf("seed %llu steps %llu digest %016llx\n", (unsigned long long)seed,
           (unsigned long long)first.steps, (unsigned long long)first.digest);
    (void)fflush(stdout);
}

static double now_seconds(void)
{
    struct timespec now;
    check(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool is_over(const struct arguments *arguments, const struct totals *totals, double begun)
{
    uint64_t done = totals->passed + totals->failed;
    if (arguments->hours > 0 && (double)totals->ms / 3600e3 >= arguments->hours) {
        return true;
    }
    if (arguments->seconds > 0 && now_seconds() - begun >= arguments->seconds) {
        return true;
    }
    return arguments->count > 0 && done >= arguments->count;
}

static bool number_parse(const char *word, double *out)
{
    char *end = NULL;
    errno = 0;
    *out = word != NULL ? strtod(word, &end) : 0;
    return word != NULL && errno == 0 && end != word && *end == '\0' && *out >= 0;
}

static bool arguments_parse(int count, char **words, struct arguments *out)
{
    bool has_seed = false;
    double number = 0;
    for (int i = 1; i < count; i++) {
        const char *word = words[i];
        const char *next = i + 1 < count ? words[i + 1] : NULL;
        if (strcmp(word, "--trace") == 0) {
            out->trace = true;
        } else if (strcmp(word, "--marks") == 0) {
            out->marks = true;
        } else if (strcmp(word, "--twice") == 0) {
            out->twice = true;
        } else if (strcmp(word, "--count") == 0 && number_parse(next, &number)) {
            out->count = (uint64_t)number;
            i++;
        } else if (strcmp(word, "--seconds") == 0 && number_parse(next, &out->seconds)) {
            i++;
        } else if (strcmp(word, "--hours") == 0 && number_parse(next, &out->hours)) {
            i++;
        } else {
            char *end = NULL;
            errno = 0;
            out->seed = strtoull(word, &end, 10);
            if (has_seed || errno != 0 || end == word || *end != '\0') {
                return false;
            }
            has_seed = true;
        }
    }
    bool is_loop = out->count > 0 || out->seconds > 0 || out->hours > 0;
    if (!is_loop) {
        out->count = 1;
    }
    return has_seed;
}

int main(int argument_count, char **argument_words)
{
    struct arguments arguments = {0};
    struct totals totals = {0};
    if (!arguments_parse(argument_count, argument_words, &arguments)) {
        return usage();
    }
    double begun = now_seconds();
    uint64_t seed = arguments.seed;
    bool is_one = arguments.count == 1;
    while (!is_over(&arguments, &totals, begun)) {
        run_seed(&arguments, seed++, &totals);
    }
    if (arguments.marks) {
        for (size_t i = 0; i < MARK_COUNT; i++) {
            fprintf(stderr, "%10llu  %s\n", (unsigned long long)totals.marks[i],
                    report_mark_name((enum mark)i));
        }
    }
    if (!is_one) {
        printf("%.2f simulated hours, %llu steps, %.0f s\n", (double)totals.ms / 3600e3,
               (unsigned long long)totals.steps, now_seconds() - begun);
        printf("%llu passed, %llu failed\n", (unsigned long long)totals.passed,
               (unsigned long long)totals.failed);
    }
    return totals.failed > 0 ? 1 : 0;
}
