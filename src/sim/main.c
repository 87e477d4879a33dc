/*
 * madang-sim SEED: one run. Its last line on standard output is "seed N steps S digest H"; the exit
 * status is 0, or 1 after a violation. With a bound (--count, --seconds, --hours) it goes on with
 * the next seeds. Each run is a process of its own, so that one that aborts is counted as well.
 */
#include "base/check.h"
#include "base/mem.h"
#include "sim/world.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct arguments {
    uint64_t seed;
    bool has_seed;
    uint64_t count; /* Seeds from seed on. */
    double seconds; /* Of real time; 0: no bound. */
    double hours;   /* Of simulated time; 0: no bound. */
    bool trace;
    bool marks;
    bool twice; /* Each seed is run twice, and must do the same. */
    bool stop;  /* After the first that fails. */
    bool quiet; /* Only what fails, and the sums. */
};

/* What a run comes to. */
struct outcome {
    uint64_t digest;
    uint64_t steps;
    int64_t ms;
    bool failed;
    uint64_t marks[MARK_COUNT];
};

struct totals {
    uint64_t passed;
    uint64_t failed;
    uint64_t steps;
    int64_t ms;
    uint64_t marks[MARK_COUNT];
};

static int usage(void)
{
    fprintf(stderr, "usage: madang-sim [OPTION...] [SEED]\n"
                    "  --count N     so many seeds, from SEED on\n"
                    "  --seconds N   seeds for so long\n"
                    "  --hours N     seeds until so many hours were simulated\n"
                    "  --stop        end after the first seed that fails\n"
                    "  --twice       run each seed twice: it must do the same\n"
                    "  --marks       tell which rare paths were met, and how often\n"
                    "  --quiet       print only what fails, and the sums\n"
                    "  --trace       tell what happens\n"
                    "Without a SEED it begins with a random one.\n");
    return 2;
}

static struct outcome run_here(const struct arguments *arguments, uint64_t seed)
{
    struct world *world = mem_zalloc(1, sizeof(*world));
    check(world != NULL);
    world_run(world, seed, arguments->trace);
    struct outcome outcome = {
        .digest = world->report.digest,
        .steps = world->report.step_count,
        .ms = world->report.now_ms,
        .failed = world->report.failed,
    };
    memcpy(outcome.marks, world->report.marks, sizeof(outcome.marks));
    if (outcome.failed) {
        printf("violation: seed %llu: %.*s\n", (unsigned long long)seed,
               (int)world->report.violation.count, world->report.violation.data);
    }
    world_finish(world);
    mem_free(world);
    return outcome;
}

/* The same in a process of its own. */
static struct outcome run_apart(const struct arguments *arguments, uint64_t seed)
{
    int ends[2];
    struct outcome outcome = {0};
    check(pipe(ends) == 0);
    (void)fflush(stdout);
    pid_t child = fork();
    check(child >= 0);
    if (child == 0) {
        close(ends[0]);
        outcome = run_here(arguments, seed);
        (void)fflush(stdout);
        check(write(ends[1], &outcome, sizeof(outcome)) == (ssize_t)sizeof(outcome));
        close(ends[1]);
        exit(0);
    }
    close(ends[1]);
    /* Smaller than what a pipe takes at once. */
    bool is_whole = read(ends[0], &outcome, sizeof(outcome)) == (ssize_t)sizeof(outcome);
    close(ends[0]);
    int status = 0;
    check(waitpid(child, &status, 0) == child);
    if (!is_whole || status != 0) {
        printf("violation: seed %llu: the run has died (status %#x)\n", (unsigned long long)seed,
               (unsigned)status);
        outcome.failed = true;
    }
    return outcome;
}

static void totals_add(struct totals *totals, const struct outcome *outcome)
{
    totals->steps += outcome->steps;
    totals->ms += outcome->ms;
    for (size_t i = 0; i < MARK_COUNT; i++) {
        totals->marks[i] += outcome->marks[i];
    }
}

static void run_seed(const struct arguments *arguments, uint64_t seed, struct totals *totals)
{
    struct outcome outcome = run_apart(arguments, seed);
    totals_add(totals, &outcome);
    if (arguments->twice) {
        struct outcome second = run_apart(arguments, seed);
        if (second.digest != outcome.digest || second.steps != outcome.steps) {
            printf("violation: seed %llu: the second run is another: digest %016llx, %016llx\n",
                   (unsigned long long)seed, (unsigned long long)outcome.digest,
                   (unsigned long long)second.digest);
            outcome.failed = true;
        }
    }
    totals->passed += outcome.failed ? 0 : 1;
    totals->failed += outcome.failed ? 1 : 0;
    if (!arguments->quiet || outcome.failed) {
        printf("seed %llu steps %llu digest %016llx\n", (unsigned long long)seed,
               (unsigned long long)outcome.steps, (unsigned long long)outcome.digest);
    }
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
    return (arguments->stop && totals->failed > 0) ||
           (arguments->hours > 0 && (double)totals->ms / 3600e3 >= arguments->hours) ||
           (arguments->seconds > 0 && now_seconds() - begun >= arguments->seconds) ||
           (arguments->count > 0 && totals->passed + totals->failed >= arguments->count);
}

static bool number_parse(const char *word, double *out)
{
    char *end = NULL;
    errno = 0;
    double number = word != NULL ? strtod(word, &end) : 0;
    if (word == NULL || errno != 0 || end == word || *end != '\0' || number <= 0) {
        return false;
    }
    *out = number;
    return true;
}

/* An option with a number; false when it is none of these. */
static bool option_parse(const char *word, const char *next, struct arguments *out)
{
    double count = 0;
    if (strcmp(word, "--seconds") == 0) {
        return number_parse(next, &out->seconds);
    }
    if (strcmp(word, "--hours") == 0) {
        return number_parse(next, &out->hours);
    }
    if (strcmp(word, "--count") == 0 && number_parse(next, &count)) {
        out->count = (uint64_t)count;
        return true;
    }
    return false;
}

static bool flag_parse(const char *word, struct arguments *out)
{
    const struct {
        const char *word;
        bool *flag;
    } flags[] = {
        {"--trace", &out->trace}, {"--marks", &out->marks}, {"--twice", &out->twice},
        {"--stop", &out->stop},   {"--quiet", &out->quiet},
    };
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strcmp(word, flags[i].word) == 0) {
            *flags[i].flag = true;
            return true;
        }
    }
    return false;
}

static bool arguments_parse(int count, char **words, struct arguments *out)
{
    for (int i = 1; i < count; i++) {
        if (flag_parse(words[i], out)) {
            continue;
        }
        if (option_parse(words[i], i + 1 < count ? words[i + 1] : NULL, out)) {
            i++;
            continue;
        }
        char *end = NULL;
        errno = 0;
        out->seed = strtoull(words[i], &end, 10);
        if (out->has_seed || errno != 0 || end == words[i] || *end != '\0' || words[i][0] == '-') {
            return false;
        }
        out->has_seed = true;
    }
    if (!out->has_seed) {
        uint32_t seed;
        check(getrandom(&seed, sizeof(seed), 0) == sizeof(seed));
        /* Room for a long run's seeds, and short enough to be typed. */
        out->seed = (uint64_t)seed * 1000;
    }
    return true;
}

static void marks_print(const struct totals *totals)
{
    for (size_t i = 0; i < MARK_COUNT; i++) {
        printf("%10llu  %s\n", (unsigned long long)totals->marks[i],
               report_mark_name((enum mark)i));
    }
}

int main(int argument_count, char **argument_words)
{
    struct arguments arguments = {0};
    struct totals totals = {0};
    if (!arguments_parse(argument_count, argument_words, &arguments)) {
        return usage();
    }
    bool is_loop = arguments.count > 0 || arguments.seconds > 0 || arguments.hours > 0;
    if (!is_loop) {
        arguments.count = 1;
    }
    /* Buffers come and go all the time: keep their memory. */
    (void)mallopt(M_MMAP_THRESHOLD, 64 * 1024 * 1024);
    (void)mallopt(M_TRIM_THRESHOLD, 256 * 1024 * 1024);
    double begun = now_seconds();
    for (uint64_t seed = arguments.seed; !is_over(&arguments, &totals, begun); seed++) {
        run_seed(&arguments, seed, &totals);
    }
    if (arguments.marks) {
        marks_print(&totals);
    }
    if (is_loop) {
        printf("%.2f simulated hours, %llu steps, %.0f s, seeds from %llu on\n",
               (double)totals.ms / 3600e3, (unsigned long long)totals.steps, now_seconds() - begun,
               (unsigned long long)arguments.seed);
        printf("%llu passed, %llu failed\n", (unsigned long long)totals.passed,
               (unsigned long long)totals.failed);
    }
    return totals.failed > 0 ? 1 : 0;
}
