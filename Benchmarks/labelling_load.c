// Labellers over HTTP: each holds one keep-alive connection, claims a prompt, thinks, submits.
// One thread and epoll, so that the generator costs little of the machine that it measures.
// labelling_load.py builds it, prepares the workspace, and says what the numbers mean.
//
// usage: labelling_load PORT TASK HEADERS CONNECTIONS SECONDS WARMUP THINK_MS
//   HEADERS is a file with one credential header a line, such as "Authorization: Bearer …".
// Prints one JSON object.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 1 << 18 };
enum phase { THINKING, CLAIMING, SUBMITTING, FINISHED };

struct client {
  int fd;
  enum phase phase;
  char *header;
  char *in;
  size_t used;
  double sent, claimed, due;
  long id;
  int answers;
};

struct samples {
  double *values;
  size_t count, room;
};

static struct samples claims, submits, cycles;
static long errors, empties;
static char firstError[600];
static const char *task;
static int port, thinkMilliseconds;
static double measureFrom, end;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void add(struct samples *samples, double value) {
  if (samples->count == samples->room) {
    samples->room = samples->room ? samples->room * 2 : 1 << 16;
    samples->values = realloc(samples->values, samples->room * sizeof(double));
    if (!samples->values) fail("realloc");
  }
  samples->values[samples->count++] = value;
}

static void note(struct client *client, const char *what) {
  errors++;
  if (!firstError[0]) {
    snprintf(firstError, sizeof firstError, "%s: %.*s", what, 300, client->in);
    for (char *c = firstError; *c; c++)
      if (*c == '"' || *c == '\\' || (unsigned char)*c < 0x20) *c = ' ';
  }
}

static void put(struct client *client, const char *text, size_t length) {
  while (length > 0) {
    ssize_t sent = send(client->fd, text, length, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EAGAIN || errno == EINTR) continue;
      fail("send");
    }
    text += sent;
    length -= (size_t)sent;
  }
  client->sent = now();
  client->used = 0;
}

static void claim(struct client *client) {
  char text[2048];
  int length = snprintf(text, sizeof text,
                        "POST /api/v1/tasks/%s/assignments HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n"
                        "Content-Length: 0\r\n\r\n",
                        task, port, client->header);
  client->phase = CLAIMING;
  put(client, text, (size_t)length);
}

static void submit(struct client *client) {
  char body[512], text[3072];
  int size = snprintf(body, sizeof body, "{\"ranking\":[");
  // Another order each time: the ranking turns with the assignment's number.
  for (int place = 0; place < client->answers; place++)
    size += snprintf(body + size, sizeof body - (size_t)size, "%s[\"%c\"]", place ? "," : "",
                     'A' + (int)((place + client->id) % client->answers));
  size += snprintf(body + size, sizeof body - (size_t)size, "],\"activeSeconds\":%.1f}",
                   3 + (client->id % 400) / 10.0);
  int length = snprintf(text, sizeof text,
                        "PUT /api/v1/assignments/%ld/judgement HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                        "%s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                        client->id, port, client->header, size, body);
  client->phase = SUBMITTING;
  put(client, text, (size_t)length);
}

static void think(struct client *client, double time) {
  client->phase = THINKING;
  double share = 0.5 + rand() / (double)RAND_MAX;
  client->due = time + thinkMilliseconds / 1000.0 * share;
}

// Whether the answer is here whole; its status and where its body starts.
static int complete(struct client *client, int *status, char **body) {
  client->in[client->used] = 0;
  char *head = strstr(client->in, "\r\n\r\n");
  if (!head) return 0;
  *status = atoi(client->in + 9);
  *body = head + 4;
  long length = 0;
  char *field = strcasestr(client->in, "\r\ncontent-length:");
  if (field && field < head) length = atol(field + 17);
  return client->used >= (size_t)(*body - client->in) + (size_t)length;
}

static void claimed(struct client *client, int status, char *body, double time) {
  if (status == 204) {
    empties++;
    client->phase = FINISHED;
    return;
  }
  // "id" of the assignment is the first key that holds a number of its own level.
  char *id = status == 201 ? strstr(body, "\"id\":\"") : NULL;
  if (!id) {
    note(client, "claim");
    think(client, time + 0.01);
    return;
  }
  client->answers = 0;
  for (char *key = body; (key = strstr(key, "\"key\":\"")); key++) client->answers++;
  char *top = strstr(body, "\"assignment\":\"");
  client->id = atol((top ? top + 14 : id + 6));
  if (time >= measureFrom) add(&claims, time - client->sent);
  client->claimed = client->sent;
  if (thinkMilliseconds) {
    think(client, time);
    client->answers = -client->answers;
  } else {
    submit(client);
  }
}

static void submitted(struct client *client, int status, double time) {
  if (status != 201) note(client, "submit");
  else if (time >= measureFrom) {
    add(&submits, time - client->sent);
    add(&cycles, time - client->claimed);
  }
  client->answers = 0;
  if (thinkMilliseconds) think(client, time);
  else claim(client);
}

static void answered(struct client *client) {
  int status;
  char *body;
  if (!complete(client, &status, &body)) return;
  double time = now();
  if (client->phase == CLAIMING) claimed(client, status, body, time);
  else if (client->phase == SUBMITTING) submitted(client, status, time);
}

static void receive(struct client *client) {
  while (1) {
    ssize_t got = recv(client->fd, client->in + client->used, BUFFER - 1 - client->used, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      note(client, "the server closed the connection");
      client->phase = FINISHED;
      close(client->fd);
      return;
    }
    client->used += (size_t)got;
    answered(client);
  }
}

static int compare(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static void print(const char *name, struct samples *samples) {
  qsort(samples->values, samples->count, sizeof(double), compare);
  printf("\"%s\": {\"count\": %zu", name, samples->count);
  double shares[] = {0.5, 0.95, 0.99, 1};
  const char *names[] = {"p50", "p95", "p99", "max"};
  for (int i = 0; i < 4 && samples->count; i++) {
    size_t place = (size_t)(shares[i] * (double)samples->count);
    if (place >= samples->count) place = samples->count - 1;
    printf(", \"%s\": %.3f", names[i], samples->values[place] * 1000);
  }
  printf("}, ");
}

static void open_all(struct client *clients, int count, const char *path, int poll) {
  FILE *file = fopen(path, "r");
  if (!file) fail(path);
  char line[1024];
  for (int i = 0; i < count; i++) {
    if (!fgets(line, sizeof line, file)) {
      fprintf(stderr, "%s has fewer than %d lines\n", path, count);
      exit(64);
    }
    line[strcspn(line, "\n")] = 0;
    struct client *client = &clients[i];
    client->header = strdup(line);
    client->in = malloc(BUFFER);
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(client->fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    int yes = 1;
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, client->fd, &event)) fail("epoll_ctl");
    client->due = now() + (thinkMilliseconds ? thinkMilliseconds / 1000.0 * i / count : 0);
  }
  fclose(file);
}

int main(int argc, char **argv) {
  if (argc != 8) {
    fprintf(stderr, "usage: %s PORT TASK HEADERS CONNECTIONS SECONDS WARMUP THINK_MS\n", argv[0]);
    return 64;
  }
  port = atoi(argv[1]);
  task = argv[2];
  int count = atoi(argv[4]);
  double seconds = atof(argv[5]), warmup = atof(argv[6]);
  thinkMilliseconds = atoi(argv[7]);
  struct client *clients = calloc((size_t)count, sizeof(struct client));
  int poll = epoll_create1(0);
  open_all(clients, count, argv[3], poll);
  double start = now();
  measureFrom = start + warmup;
  end = measureFrom + seconds;
  struct epoll_event events[256];
  while (now() < end) {
    double time = now(), next = end;
    int working = 0;
    for (int i = 0; i < count; i++) {
      struct client *client = &clients[i];
      working |= client->phase != FINISHED;
      if (client->phase != THINKING) continue;
      if (client->due > time) {
        if (client->due < next) next = client->due;
      } else if (client->answers < 0) {
        client->answers = -client->answers;
        client->claimed = time;
        submit(client);
      } else {
        claim(client);
      }
    }
    if (!working) break;
    int wait = thinkMilliseconds ? (int)((next - time) * 1000) : 100;
    int ready = epoll_wait(poll, events, 256, wait < 0 ? 0 : wait > 100 ? 100 : wait);
    for (int i = 0; i < ready; i++) receive(events[i].data.ptr);
  }
  double measured = now() - measureFrom;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double own = usage.ru_utime.tv_sec + usage.ru_utime.tv_usec / 1e6 + usage.ru_stime.tv_sec +
               usage.ru_stime.tv_usec / 1e6;
  printf("{");
  print("claim", &claims);
  print("submit", &submits);
  print("cycle", &cycles);
  printf("\"seconds\": %.3f, \"cyclesPerSecond\": %.1f, \"errors\": %ld, \"empty\": %ld, "
         "\"clientCPU\": %.2f, \"firstError\": \"%s\"}\n",
         measured, (double)cycles.count / measured, errors, empties, own, firstError);
  return 0;
}
