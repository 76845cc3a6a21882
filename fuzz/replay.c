/* SPDX-License-Identifier: MIT
 *
 * A main for a fuzz target where there is no libFuzzer: feeds it every file of the
 * folders and files given, once, and prints how many there were. A violated oracle
 * aborts, as it does under the fuzzer, and the file's name is the last line printed. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long replay_count;

static void replay_die(const char *path)
{
    perror(path);
    exit(2);
}

/* The input is a heap block of exactly its size, so that valgrind and sanitizers see a
 * read of one byte too many. */
static void replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size != 0 ? size : 1);

    if (file == NULL || data == NULL || fread(data, 1, size, file) != size) {
        replay_die(path);
    }
    fclose(file);
    fprintf(stderr, "%s\n", path);
    LLVMFuzzerTestOneInput(data, size);
    replay_count++;
    free(data);
}

static void replay_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;

    if (folder == NULL) {
        replay_die(path);
    }
    while ((entry = readdir(folder)) != NULL) {
        char name[4096];
        struct stat about;

        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (stat(name, &about) != 0) {
            replay_die(name);
        }
        if (S_ISREG(about.st_mode)) {
            replay_file(name, (size_t)about.st_size);
        }
    }
    closedir(folder);
}

int main(int argc, char **argv)
{
    int i;

    for (i = 1; i < argc; i++) {
        struct stat about;

        if (stat(argv[i], &about) != 0) {
            replay_die(argv[i]);
        }
        if (S_ISDIR(about.st_mode)) {
            replay_folder(argv[i]);
        } else {
            replay_file(argv[i], (size_t)about.st_size);
        }
    }
    printf("%lu inputs\n", replay_count);
    return 0;
}
