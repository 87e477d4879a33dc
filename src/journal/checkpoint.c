/* The thread that copies the WAL back. */
#include "journal/checkpoint.h"

#include "base/check.h"
#include "base/mem.h"
#include "journal/sqlite_store.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

/* Weak enough that workers go first, strong enough that it still gets on when they are busy. */
#define NICENESS 10

struct checkpointer {
    sqlite3 *db; /* The thread's alone. */
    pthread_t thread;
    pthread_mutex_t mutex; /* Guards the next four. */
    pthread_cond_t changed;
    bool asked;
    bool running;
    bool ending;
    atomic_int verdict; /* enum error. */
};

static void pass_run(struct checkpointer *checkpointer)
{
    /* PASSIVE copies what it can without waiting for writers or readers. */
    int code =
        sqlite3_wal_checkpoint_v2(checkpointer->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    enum error error = store_error(code);
    if (error == ERR_SYNC || error == ERR_DAMAGED) {
        /* Release: who sees it may also say it. */
        atomic_store_explicit(&checkpointer->verdict, (int)error, memory_order_release);
    }
}

static void *thread_main(void *argument)
{
    struct checkpointer *checkpointer = argument;
    /* On Linux this is of the calling thread only. Without it the thread is just less polite. */
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
    pthread_mutex_lock(&checkpointer->mutex);
    while (!checkpointer->ending) {
        if (!checkpointer->asked) {
            pthread_cond_wait(&checkpointer->changed, &checkpointer->mutex);
            continue;
        }
        checkpointer->asked = false;
        checkpointer->running = true;
        pthread_mutex_unlock(&checkpointer->mutex);
        pass_run(checkpointer);
        pthread_mutex_lock(&checkpointer->mutex);
        checkpointer->running = false;
        pthread_cond_broadcast(&checkpointer->changed);
    }
    pthread_mutex_unlock(&checkpointer->mutex);
    return NULL;
}

/* Signals are for the threads that expect them. */
static int thread_start(struct checkpointer *checkpointer)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    check(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    int result = pthread_create(&checkpointer->thread, NULL, thread_main, checkpointer);
    check(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    if (result == 0) {
        (void)pthread_setname_np(checkpointer->thread, "madang-wal");
    }
    return result;
}

enum error checkpointer_new_take(sqlite3 *db, struct checkpointer **out)
{
    struct checkpointer *checkpointer = mem_zalloc(1, sizeof(*checkpointer));
    if (checkpointer == NULL) {
        sqlite3_close(db);
        return ERR_MEMORY;
    }
    checkpointer->db = db;
    check(pthread_mutex_init(&checkpointer->mutex, NULL) == 0);
    check(pthread_cond_init(&checkpointer->changed, NULL) == 0);
    atomic_init(&checkpointer->verdict, (int)ERR_OK);
    if (thread_start(checkpointer) != 0) {
        pthread_cond_destroy(&checkpointer->changed);
        pthread_mutex_destroy(&checkpointer->mutex);
        sqlite3_close(db);
        mem_free(checkpointer);
        return ERR_LIMIT;
    }
    *out = checkpointer;
    return ERR_OK;
}

void checkpointer_free(struct checkpointer *checkpointer)
{
    if (checkpointer == NULL) {
        return;
    }
    pthread_mutex_lock(&checkpointer->mutex);
    checkpointer->ending = true;
    pthread_cond_broadcast(&checkpointer->changed);
    pthread_mutex_unlock(&checkpointer->mutex);
    check(pthread_join(checkpointer->thread, NULL) == 0);
    pthread_cond_destroy(&checkpointer->changed);
    pthread_mutex_destroy(&checkpointer->mutex);
    sqlite3_close(checkpointer->db);
    mem_free(checkpointer);
}

void checkpointer_ask(struct checkpointer *checkpointer)
{
    pthread_mutex_lock(&checkpointer->mutex);
    checkpointer->asked = true;
    pthread_cond_broadcast(&checkpointer->changed);
    pthread_mutex_unlock(&checkpointer->mutex);
}

bool checkpointer_is_busy(struct checkpointer *checkpointer)
{
    pthread_mutex_lock(&checkpointer->mutex);
    bool busy = checkpointer->asked || checkpointer->running;
    pthread_mutex_unlock(&checkpointer->mutex);
    return busy;
}

void checkpointer_wait(struct checkpointer *checkpointer)
{
    pthread_mutex_lock(&checkpointer->mutex);
    while (checkpointer->asked || checkpointer->running) {
        pthread_cond_wait(&checkpointer->changed, &checkpointer->mutex);
    }
    pthread_mutex_unlock(&checkpointer->mutex);
}

enum error checkpointer_verdict(const struct checkpointer *checkpointer)
{
    return (enum error)atomic_load_explicit(&checkpointer->verdict, memory_order_acquire);
}
