/*
 * Sends one constant SYN as fast as an AF_XDP transmit ring in copy mode allows: a limit to measure against.
 *
 *     gcc -O2 -o xdp-send xdp-send.c
 *     xdp-send INTERFACE DESTINATION-MAC SOURCE-IP DESTINATION-IP COUNT [FRAMES-PER-KICK]
 *
 * Prints {"sender":"xdp","packets":N,"seconds":S}. Needs CAP_NET_RAW; queue 0 must be free.
 */
#include <errno.h>
#include <linux/if_xdp.h>
#include <sys/mman.h>

#include "syn-frame.h"

#ifndef XDP_MAX_TX_SKB_BUDGET
#define XDP_MAX_TX_SKB_BUDGET 9
#endif
#define FRAME 2048
#define FRAMES 1024

static uint32_t *word(char *ring, uint64_t at) { return (uint32_t *)(ring + at); }

static void option(int fd, int name, const void *value, socklen_t length, const char *what) {
  if (setsockopt(fd, SOL_XDP, name, value, length) < 0) fail(what);
}

static char *map(int fd, size_t length, off_t offset) {
  int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE : MAP_SHARED | MAP_POPULATE;
  char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, flags, fd, offset);
  if (memory == MAP_FAILED) fail("mmap");
  return memory;
}

int main(int argc, char **argv) {
  struct plan plan = read_plan(argc, argv);
  uint32_t kick = argc > 6 ? atoi(argv[6]) : 64;
  int fd = socket(AF_XDP, SOCK_RAW, 0);
  if (fd < 0) fail("socket");

  char *frames = map(-1, FRAMES * FRAME, 0);
  for (int i = 0; i < FRAMES; i++) memcpy(frames + i * FRAME, plan.frame, FRAME_BYTES);
  struct xdp_umem_reg umem = {.addr = (uintptr_t)frames, .len = FRAMES * FRAME, .chunk_size = FRAME};
  uint32_t entries = FRAMES, few = 64;
  option(fd, XDP_UMEM_REG, &umem, sizeof umem, "XDP_UMEM_REG");
  option(fd, XDP_UMEM_FILL_RING, &few, sizeof few, "XDP_UMEM_FILL_RING");
  option(fd, XDP_UMEM_COMPLETION_RING, &entries, sizeof entries, "XDP_UMEM_COMPLETION_RING");
  option(fd, XDP_TX_RING, &entries, sizeof entries, "XDP_TX_RING");
  if (setsockopt(fd, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, &kick, sizeof kick) < 0) kick = 32;

  struct xdp_mmap_offsets at;
  socklen_t length = sizeof at;
  if (getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &length) < 0) fail("XDP_MMAP_OFFSETS");
  char *tx = map(fd, at.tx.desc + FRAMES * sizeof(struct xdp_desc), XDP_PGOFF_TX_RING);
  char *done = map(fd, at.cr.desc + FRAMES * sizeof(uint64_t), XDP_UMEM_PGOFF_COMPLETION_RING);
  struct sockaddr_xdp address = {.sxdp_family = AF_XDP, .sxdp_ifindex = plan.index, .sxdp_flags = XDP_COPY | XDP_USE_NEED_WAKEUP};
  int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
  /* The queue is busy for a moment after another socket was closed. */
  for (int tries = 0; bound < 0 && errno == EBUSY && tries < 50; tries++) {
    usleep(10000);
    bound = bind(fd, (struct sockaddr *)&address, sizeof address);
  }
  if (bound < 0) fail("bind");

  struct xdp_desc *ring = (struct xdp_desc *)(tx + at.tx.desc);
  uint32_t produced = 0, completed = 0;
  double start = seconds();
  for (long left = plan.count; left > 0;) {
    completed = __atomic_load_n(word(done, at.cr.producer), __ATOMIC_ACQUIRE);
    __atomic_store_n(word(done, at.cr.consumer), completed, __ATOMIC_RELEASE);
    uint32_t n = left < kick ? left : kick;
    if (produced - completed + n <= FRAMES) {
      for (uint32_t i = 0; i < n; i++, produced++) {
        uint32_t slot = produced % FRAMES;
        ring[slot] = (struct xdp_desc){.addr = slot * FRAME, .len = FRAME_BYTES};
      }
      __atomic_store_n(word(tx, at.tx.producer), produced, __ATOMIC_RELEASE);
      left -= n;
    }
    if (sendto(fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN && errno != EBUSY && errno != ENOBUFS) fail("sendto");
  }
  while (__atomic_load_n(word(tx, at.tx.consumer), __ATOMIC_ACQUIRE) != produced)
    if (sendto(fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN && errno != EBUSY && errno != ENOBUFS) fail("sendto");
  report("xdp", plan.count, seconds() - start);
}
