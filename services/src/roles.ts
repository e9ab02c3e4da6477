/** The configuration of services that run alone: an entry of its own, for what describes deployments and checks them. */
export { ConfigError } from './config/config-error.ts'
export { describeVariables, type RoleConfig, readRoleConfig } from './config/role-config.ts'
export { type Role, roleVariables } from './config/role-variables.ts'
export { showConfig } from './config/show-config.ts'
