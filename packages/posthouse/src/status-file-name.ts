/** The file in which cross_comm servers, and hubs in their data folder, keep the state of clients. */
export const statusFileName = 'cross_comm_clients.yaml'
