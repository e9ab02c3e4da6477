/**
 * Loaded before the compute node's own code when the local network runs it as a child: when the network's process is gone, even
 * killed, so that nobody could end this one, it ends itself.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
