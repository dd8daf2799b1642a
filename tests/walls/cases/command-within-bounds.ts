// room: posthouse
// rejected by: nothing
import { HubClient } from '@posthouse/client'
import { Hub } from '@posthouse/hub'
import { Command } from 'commander'

console.log(new Command(), new Hub(), new HubClient())
