// What a C program does with files, through wasi-libc: each step is checked here, and the folder is looked at from outside afterwards.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define CHECK(x) \
  do { \
    if (!(x)) { \
      printf("line %d: %s (%s)\n", __LINE__, #x, strerror(errno)); \
      exit(1); \
    } \
  } while (0)

static int count(const char *path) {
  DIR *dir = opendir(path);
  CHECK(dir != NULL);
  int n = 0;
  for (struct dirent *e; (e = readdir(dir)) != NULL;) n += e->d_name[0] != '.';
  CHECK(closedir(dir) == 0);
  return n;
}

int main(int argc, char **argv) {
  CHECK(argc == 3 && strcmp(argv[1], "first") == 0 && strcmp(argv[2], "") == 0);
  CHECK(strcmp(getenv("NAME"), "a value") == 0 && getenv("HOME") == NULL);

  // Text goes out and comes back, also from the middle.
  FILE *f = fopen("/data/text", "w+");
  CHECK(f != NULL);
  for (int i = 0; i < 10000; i++) CHECK(fprintf(f, "line %d\n", i) > 0);
  CHECK(fseek(f, 0, SEEK_SET) == 0);
  char line[100];
  for (int i = 0; i < 10000; i++) {
    int n;
    CHECK(fgets(line, sizeof line, f) != NULL && sscanf(line, "line %d", &n) == 1 && n == i);
  }
  CHECK(fgets(line, sizeof line, f) == NULL && feof(f));
  CHECK(ftell(f) == 98890 && fclose(f) == 0);

  f = fopen("/data/text", "a");
  CHECK(f != NULL && fputs("end\n", f) >= 0 && fclose(f) == 0);
  struct stat s;
  CHECK(stat("/data/text", &s) == 0 && S_ISREG(s.st_mode) && s.st_size == 98894 && s.st_nlink == 1);

  // Directories, with many entries.
  CHECK(mkdir("/data/many", 0777) == 0);
  CHECK(mkdir("/data/many", 0777) == -1 && errno == EEXIST);
  for (int i = 0; i < 500; i++) {
    char path[100];
    snprintf(path, sizeof path, "/data/many/a file with a long name %d", i);
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0666);
    CHECK(fd >= 0 && close(fd) == 0);
  }
  CHECK(count("/data/many") == 500);
  CHECK(rmdir("/data/many") == -1 && errno == ENOTEMPTY);

  // Moving, linking, removing.
  CHECK(rename("/data/many", "/data/moved") == 0 && count("/data/moved") == 500);
  CHECK(symlink("moved/a file with a long name 7", "/data/link") == 0);
  CHECK(lstat("/data/link", &s) == 0 && S_ISLNK(s.st_mode));
  CHECK(stat("/data/link", &s) == 0 && S_ISREG(s.st_mode));
  ssize_t n = readlink("/data/link", line, sizeof line);
  CHECK(n == 31 && memcmp(line, "moved/a file with a long name 7", 31) == 0);
  CHECK(link("/data/text", "/data/other") == 0 && stat("/data/other", &s) == 0 && s.st_nlink == 2);
  CHECK(unlink("/data/text") == 0 && unlink("/data/text") == -1 && errno == ENOENT);
  CHECK(unlink("/data/moved") == -1 && errno == EISDIR);

  // Dates.
  struct timespec times[2] = {{1000000000, 0}, {1234567890, 0}};
  CHECK(utimensat(AT_FDCWD, "/data/other", times, 0) == 0);
  CHECK(stat("/data/other", &s) == 0 && s.st_atim.tv_sec == 1000000000 && s.st_mtim.tv_sec == 1234567890);

  // Positions, sizes, lists of buffers.
  int fd = open("/data/numbers", O_CREAT | O_TRUNC | O_RDWR, 0666);
  struct iovec parts[3] = {{"012", 3}, {"", 0}, {"3456789", 7}};
  CHECK(fd >= 0 && writev(fd, parts, 3) == 10);
  CHECK(lseek(fd, -3, SEEK_END) == 7 && read(fd, line, sizeof line) == 3 && line[0] == '7');
  CHECK(pread(fd, line, 2, 4) == 2 && line[0] == '4' && pwrite(fd, "X", 1, 0) == 1);
  CHECK(ftruncate(fd, 5) == 0 && fstat(fd, &s) == 0 && s.st_size == 5 && fsync(fd) == 0);
  CHECK(lseek(fd, -1, SEEK_SET) == -1 && errno == EINVAL);
  struct pollfd ready = {fd, POLLIN | POLLOUT, 0};
  CHECK(poll(&ready, 1, 1000) == 1 && (ready.revents & (POLLIN | POLLOUT)) != 0);
  CHECK(close(fd) == 0 && close(fd) == -1 && errno == EBADF);

  // What was not given is not there.
  CHECK(open("/etc/passwd", O_RDONLY) == -1);
  CHECK(open("/data/../etc/passwd", O_RDONLY) == -1);
  CHECK(open("/fixed/file", O_WRONLY) == -1);
  CHECK(open("/fixed/new", O_CREAT | O_WRONLY, 0666) == -1);
  fd = open("/fixed/file", O_RDONLY);
  CHECK(fd >= 0 && read(fd, line, sizeof line) == 5 && close(fd) == 0);

  // Time passes.
  struct timespec before, after, pause = {0, 20000000};
  CHECK(clock_gettime(CLOCK_MONOTONIC, &before) == 0 && nanosleep(&pause, NULL) == 0);
  CHECK(clock_gettime(CLOCK_MONOTONIC, &after) == 0);
  CHECK((after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec >= 20000000);
  CHECK(time(NULL) > 1700000000);

  // Standard input up to its end.
  int sum = 0;
  while (fgets(line, sizeof line, stdin) != NULL) sum += atoi(line);
  fprintf(stderr, "sum %d\n", sum);
  printf("all is well, %d\n", isatty(1));
  return 42;
}
