/*
 * Messages between processes by MPI's point-to-point, driven by a thread of their own while kernels compute, and by who
 * waits for them. MPI is called by one of them at a time (MPI_THREAD_SERIALIZED).
 */
#ifndef NNT_MPI_MESSAGES_H
#define NNT_MPI_MESSAGES_H

#include <mpi.h>
#include <stddef.h>

#define CHANNELS 3
/** Bytes of the news that a process has failed. */
#define NEWS_BYTES 16384

/** What has become of a message. */
enum outcome { UNDER_WAY, OVER, LOST, INTERRUPTED };

/** Begins, among the processes of a communicator; what went wrong, or null. */
const char *messages_open(MPI_Comm comm, int rank, int size);
/** Ends; no message may be under way. */
void messages_close(void);

/** The number of a message on its way, whose bytes stay where they are till it is over; −1: there are too many. */
int messages_post(int is_send, int peer, int channel, void *data, size_t bytes);
/** Once a message is over its number is another's. */
enum outcome messages_look(int message);
/** As long as so many milliseconds, or until another process has told of its failure (INTERRUPTED). */
enum outcome messages_wait(int message, double milliseconds);

/** What another process has told the first of its failure; empty: nothing. */
const char *messages_news(void);
/** Tells the first process; does not wait until it is heard. The text stays where it is. */
void messages_tell(char text[NEWS_BYTES]);
/** Ends all processes. */
void messages_abort(int code);

#endif
