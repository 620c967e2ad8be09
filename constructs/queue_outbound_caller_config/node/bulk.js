"use strict";

const { CfnResource } = require("aws-cdk-lib");

/**
 * What bulk.py says. The resources are of one stack, and a pair is two positions among them: who waits, and for whom.
 * All else goes to and fro as JSON in a string: what jsii does to find out the kinds of many numbers takes longer.
 */
class Bulk {
  static logicalIds(resources) {
    return JSON.stringify(resources[0].stack.resolve(resources.map((resource) => resource.logicalId)));
  }

  static dependencies(resources) {
    const positions = new Map(resources.map((resource, position) => [resource, position]));
    const pairs = [];
    for (const later of resources[0].stack.node.findAll().filter(CfnResource.isCfnResource)) {
      for (const earlier of later.obtainDependencies().filter(CfnResource.isCfnResource)) {
        if (positions.has(later) || positions.has(earlier)) {
          pairs.push([positions.get(later) ?? -1, positions.get(earlier) ?? -1]);
        }
      }
    }
    return JSON.stringify(pairs);
  }

  static areAwaited(resources, ignored) {
    const isIgnored = new Map(resources.map((resource) => [resource, new Set()]));
    JSON.parse(ignored).forEach(([later, earlier]) => isIgnored.get(resources[later]).add(resources[earlier]));
    const targets = new Set();
    for (const construct of resources[0].stack.node.findAll()) {
      construct.node.dependencies.forEach((target) => targets.add(target));
      if (CfnResource.isCfnResource(construct)) {
        const own = construct.obtainDependencies().filter((target) => !isIgnored.get(construct)?.has(target));
        own.forEach((target) => targets.add(target));
      }
    }
    return JSON.stringify(resources.map(({ node }) => node.scopes.some((scope) => targets.has(scope))));
  }

  static conditions(resources) {
    const numbers = new Map();
    const numbered = ({ cfnOptions: { condition } }) => {
      if (condition && !numbers.has(condition)) numbers.set(condition, numbers.size);
      return numbers.get(condition) ?? null;
    };
    return JSON.stringify(resources.map(numbered));
  }

  static changeDependencies(resources, removed, added) {
    // Newer versions of aws-cdk-lib have given both methods another name, and warn of the old one.
    const { prototype } = CfnResource;
    const remove = prototype.removeResourceDependency ?? prototype.removeDependency;
    const add = prototype.addResourceDependency ?? prototype.addDependency;
    JSON.parse(removed).forEach(([later, earlier]) => remove.call(resources[later], resources[earlier]));
    JSON.parse(added).forEach(([later, earlier]) => add.call(resources[later], resources[earlier]));
  }
}

exports.Bulk = Bulk;
